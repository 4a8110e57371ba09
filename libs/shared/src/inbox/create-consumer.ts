import type { CrashPoints } from '../crash/index.ts';
import { askEngine, isEngineAway, isOverloaded, type Database } from '../db/index.ts';
import type { Broker, BrokerSubscription } from '../kafka/index.ts';
import { loop, type Part } from '../lifecycle/index.ts';
import type { Log } from '../log/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Outbox } from '../outbox/index.ts';
import { createConsumerMetrics } from './consumer-metrics.ts';
import { deadLetterTopic } from './dead-letter.ts';
import { createMessageHandler } from './handle-message.ts';
import type { Handler } from './handler.ts';
import { GROUP, GROUPS_AT_ONCE, inGroups } from './in-groups.ts';
import { purgeInbox } from './inbox-store.ts';
import { createReceiver, routeTable } from './receive.ts';
import { createTogetherReceiver } from './receive-together.ts';
import { createRetries } from './retries.ts';
import { countRetries } from './retry-store.ts';

export interface ConsumerOptions {
  /** The consumer group, and the name in the inbox: one a service for its commands, as an undo looks for its action in the same inbox. */
  readonly group: string;
  readonly db: Database;
  readonly broker: Broker;
  readonly outbox: Outbox;
  readonly handlers: readonly Handler[];
  readonly log: Log;
  readonly metrics: Metrics;
  /** Transactions side by side, which may each be of many messages; below the size of the pool. */
  readonly concurrency?: number;
  /** Rest before the first later try of a message that failed three times at once; it doubles, up to a minute. */
  readonly retryDelayMs?: number;
  /** Tries of a message in all before it is dead. */
  readonly maxAttempts?: number;
  /** Milliseconds between looks at the retries. */
  readonly retryPollMs?: number;
  /** Errors that say that an engine is away: they pause the partition, and are never counted. */
  readonly isAway?: (error: unknown) => boolean;
  /** An engine that the handlers need beside the database; while it is away the consumer rests as it does without the other. */
  readonly alsoNeeds?: {
    readonly isAway: (error: unknown) => boolean;
    /** By another way than the handlers. @throws whatever keeps it from answering */
    readonly ask: () => Promise<void>;
  };
  readonly crash?: CrashPoints | undefined;
}

/** Half of the default pool. */
const CONCURRENCY = 5;
const RETRY_DELAY_MS = 1000;
const RETRY_POLL_MS = 1000;
const MAX_ATTEMPTS = 10;
/** Longer than topics are kept (7 days), so that no copy of a purged message can come. */
const INBOX_DAYS = 14;
const PURGE_EVERY_MS = 10 * 60_000;
const PURGE_ROWS = 1000;
/** Of the time in which a process stops: what is in hand ends, and its offsets are committed. */
const RESERVED_MS = 3000;

const engineAway = (error: unknown): boolean => isEngineAway(error) || isOverloaded(error);

/**
 * Listens to the topics of its handlers, each message in one transaction with its effect (`createReceiver`), which those that come while others are
 * under way share (`inGroups`). A failure is tried three times at
 * once, then later from a table of this schema, with the later messages of its key behind it; at last it goes to `<topic>.dlq`. What no handler
 * wants is passed over; what is malformed goes to the dead letters at once. While an engine is away nothing is counted, and nothing lost.
 */
export const createConsumer = (options: ConsumerOptions): Part => {
  const { group, db, broker, outbox, handlers, log, metrics, concurrency = CONCURRENCY, crash } = options;
  const { maxAttempts = MAX_ATTEMPTS, retryPollMs = RETRY_POLL_MS, isAway: isDatabaseAway = engineAway, alsoNeeds } = options;
  const isAway = (error: unknown): boolean => isDatabaseAway(error) || alsoNeeds?.isAway(error) === true;
  const askDatabase = askEngine(db);
  const firstDelayMs = options.retryDelayMs ?? RETRY_DELAY_MS;
  const routes = routeTable(handlers);
  const receive = createReceiver({ db, outbox, consumer: group, crash });
  const counts = createConsumerMetrics(metrics, group);
  const common = { db, broker, consumer: group, receive, routes, firstDelayMs, isAway, log, counts };
  const receiveFirst = inGroups({
    together: createTogetherReceiver({ db, outbox, consumer: group, crash }),
    alone: (received) => receive(received, true),
    isAway,
    concurrency,
    onGroup: counts.together,
  });
  const handle = createMessageHandler({ ...common, receiveFirst });
  const retryDue = createRetries({ ...common, maxAttempts });
  const onError = (error: unknown): void => log.warn({ err: error, consumer: group }, 'retries or inbox could not be looked at');

  const retrying = loop({
    name: `${group} retries`,
    everyMs: retryPollMs,
    turn: async (signal) => {
      await retryDue(signal);
      counts.waiting(await countRetries(db, group));
    },
    onError,
  });
  const purging = loop({
    name: `${group} inbox purge`,
    everyMs: PURGE_EVERY_MS,
    turn: async (signal) => {
      while (!signal.aborted && (await purgeInbox(db, INBOX_DAYS, PURGE_ROWS)) === PURGE_ROWS);
    },
    onError,
  });

  const stopping = new AbortController();
  let subscribing: Promise<BrokerSubscription> | undefined;
  return {
    name: `${group} consumer`,
    reservedMs: RESERVED_MS,
    start: async () => {
      await broker.ensureTopics(routes.topics.flatMap((topic) => [topic, deadLetterTopic(topic)]));
      stopping.signal.throwIfAborted();
      subscribing = broker.subscribe({
        group,
        topics: routes.topics,
        handle,
        askEngine: async () => {
          await askDatabase();
          await alsoNeeds?.ask();
        },
        signal: stopping.signal,
        concurrency: Math.max(concurrency, GROUP * GROUPS_AT_ONCE), // most of them wait in line for a group
      });
      await subscribing;
      await Promise.all([retrying.start(), purging.start()]);
    },
    halt: () => {
      retrying.halt();
      purging.halt();
    },
    stop: async () => {
      stopping.abort(); // it may still be on its way into its group
      const subscription = await subscribing?.catch(() => undefined);
      await subscription?.stop();
      await Promise.all([retrying.stop(), purging.stop()]);
    },
  };
};
