import { setTimeout as rest } from 'node:timers/promises';
import { isEngineAway, isOverloaded, type Database } from '../db/index.ts';
import type { Broker, BrokerSubscription, IncomingMessage } from '../kafka/index.ts';
import { loop, type Part } from '../lifecycle/index.ts';
import type { Log } from '../log/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Outbox } from '../outbox/index.ts';
import { withTrace } from '../tracing/index.ts';
import { deadLetterTopic, publishDeadLetter } from './dead-letter.ts';
import { InvalidMessage, type Handler } from './handler.ts';
import { purgeInbox } from './inbox-store.ts';
import { createReceiver, parseMessage, routeTable, type Outcome, type Received } from './receive.ts';
import { createRetries, retryDelayMs } from './retries.ts';
import { countRetries, park } from './retry-store.ts';

export interface ConsumerOptions {
  /** The consumer group, and the name in the inbox: one a service, as an undo looks for its action in the same inbox. */
  readonly group: string;
  readonly db: Database;
  readonly broker: Broker;
  readonly outbox: Outbox;
  readonly handlers: readonly Handler[];
  readonly log: Log;
  readonly metrics: Metrics;
  /** Messages handled side by side; below the size of the pool. */
  readonly concurrency?: number;
  /** Rest before the first later try of a message that failed three times at once; it doubles, up to a minute. */
  readonly retryDelayMs?: number;
  /** Tries of a message in all before it is dead. */
  readonly maxAttempts?: number;
  /** Milliseconds between looks at the retries. */
  readonly retryPollMs?: number;
  /** Errors that say that an engine is away: they pause the partition, and are never counted. */
  readonly isAway?: (error: unknown) => boolean;
}

/** Tries at once, and the time in which the last may begin: lock waits must not hold up the other messages for more than 5 s. */
const TRIES = 3;
const TRIES_WITHIN_MS = 2000;
const TRY_AGAIN_MS = [50, 250];
/** Longer than topics are kept (7 days), so that no copy of a purged message can come. */
const INBOX_DAYS = 14;
const PURGE_EVERY_MS = 10 * 60_000;
const PURGE_ROWS = 1000;

const engineAway = (error: unknown): boolean => isEngineAway(error) || isOverloaded(error);

/**
 * Listens to the topics of its handlers, each message in one transaction with its effect (`createReceiver`). A failure is tried three times at
 * once, then later from a table of this schema, with the later messages of its key behind it; at last it goes to `<topic>.dlq`. What no handler
 * wants is passed over; what is malformed goes to the dead letters at once. While an engine is away nothing is counted, and nothing lost.
 */
export const createConsumer = (options: ConsumerOptions): Part => {
  const {
    group,
    db,
    broker,
    outbox,
    handlers,
    log,
    metrics,
    concurrency,
    maxAttempts = 10,
    retryPollMs = 1000,
    isAway = engineAway,
  } = options;
  const firstDelayMs = options.retryDelayMs ?? 1000;
  const routes = routeTable(handlers);
  const receive = createReceiver({ db, outbox, consumer: group });
  const handled = metrics.counter({
    name: 'onsale_consumer_messages_total',
    help: 'Messages that a consumer is through with',
    labels: ['consumer', 'topic', 'outcome'],
  });
  const retried = metrics.counter({
    name: 'onsale_consumer_failures_total',
    help: 'Failed tries of messages',
    labels: ['consumer', 'topic'],
  });
  const dead = metrics.counter({
    name: 'onsale_consumer_dead_total',
    help: 'Messages put into dead-letter topics',
    labels: ['consumer', 'topic'],
  });
  const seconds = metrics.histogram({
    name: 'onsale_consumer_seconds',
    help: 'Time that a message took to handle',
    labels: ['consumer', 'type'],
  });
  const waiting = metrics.gauge({ name: 'onsale_consumer_retries', help: 'Messages that wait to be tried again', labels: ['consumer'] });
  const onDead = (topic: string): void => dead.inc({ consumer: group, topic });

  const bury = async (message: IncomingMessage, error: unknown): Promise<void> => {
    const { topic, key, partition, offset } = message;
    await publishDeadLetter(broker, { ...message, consumer: group, error, attempts: 1 });
    log.error({ err: error, consumer: group, topic, partition, offset, key }, 'a malformed message was put aside');
    onDead(topic);
  };

  /** @throws what says that an engine is away; `Error` of the last try when all failed is a value */
  const tryAtOnce = async (received: Received): Promise<Outcome | { readonly error: unknown }> => {
    const lastBegin = performance.now() + TRIES_WITHIN_MS;
    for (let tries = 1; ; tries += 1) {
      try {
        return await receive(received, true);
      } catch (error) {
        if (isAway(error) || error instanceof InvalidMessage) throw error;
        const { topic } = received.incoming;
        retried.inc({ consumer: group, topic });
        log.warn({ err: error, consumer: group, topic, messageId: received.message.id, tries }, 'a message failed');
        if (tries === TRIES || performance.now() > lastBegin) return { error };
      }
      await rest(TRY_AGAIN_MS[tries - 1]! * (0.75 + Math.random() / 2));
    }
  };

  const take = async (received: Received): Promise<void> => {
    const { incoming, message } = received;
    const time = seconds.startTimer({ consumer: group, type: message.type });
    const outcome = await tryAtOnce(received);
    time();
    if (typeof outcome === 'string') return handled.inc({ consumer: group, topic: incoming.topic, outcome });
    const dueInMs = retryDelayMs(1, firstDelayMs);
    await park(db, {
      consumer: group,
      messageId: message.id,
      key: message.subject,
      message: incoming,
      attempts: TRIES,
      error: outcome.error,
      dueInMs,
    });
  };

  const handle = async (incoming: IncomingMessage): Promise<void> => {
    try {
      const message = parseMessage(incoming.value);
      const route = routes.find(incoming.topic, message.type);
      if (route === undefined) return handled.inc({ consumer: group, topic: incoming.topic, outcome: 'ignored' });
      await withTrace(message.traceparent, () => take({ incoming, message, route }));
    } catch (error) {
      if (!(error instanceof InvalidMessage)) throw error;
      await bury(incoming, error);
    }
  };

  const retryDue = createRetries({ db, broker, consumer: group, receive, routes, maxAttempts, firstDelayMs, isAway, log, onDead });
  const complain = (error: unknown): void => log.warn({ err: error, consumer: group }, 'retries could not be looked at');
  const retrying = loop({
    name: `${group} retries`,
    everyMs: retryPollMs,
    turn: async (signal) => {
      await retryDue(signal);
      waiting.set({ consumer: group }, await countRetries(db, group));
    },
    onError: complain,
  });
  const purging = loop({
    name: `${group} inbox purge`,
    everyMs: PURGE_EVERY_MS,
    turn: async (signal) => {
      while (!signal.aborted && (await purgeInbox(db, INBOX_DAYS, PURGE_ROWS)) === PURGE_ROWS);
    },
    onError: complain,
  });

  let subscription: BrokerSubscription | undefined;
  return {
    name: `${group} consumer`,
    start: async () => {
      await broker.ensureTopics(routes.topics.flatMap((topic) => [topic, deadLetterTopic(topic)]));
      subscription = await broker.subscribe({
        group,
        topics: routes.topics,
        handle,
        ...(concurrency === undefined ? {} : { concurrency }),
      });
      await Promise.all([retrying.start(), purging.start()]);
    },
    stop: async () => {
      await subscription?.stop();
      await Promise.all([retrying.stop(), purging.stop()]);
    },
  };
};
