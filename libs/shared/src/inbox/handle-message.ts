import { setTimeout as rest } from 'node:timers/promises';
import type { Database } from '../db/index.ts';
import type { Broker, IncomingMessage } from '../kafka/index.ts';
import type { Log } from '../log/index.ts';
import { withTrace } from '../tracing/index.ts';
import type { ConsumerMetrics } from './consumer-metrics.ts';
import { publishDeadLetter } from './dead-letter.ts';
import { InvalidMessage } from './handler.ts';
import { parseMessage, type Outcome, type Received, type Receiver, type Routes } from './receive.ts';
import { retryDelayMs } from './retries.ts';
import { park } from './retry-store.ts';

export interface MessageHandlerOptions {
  readonly db: Database;
  readonly broker: Broker;
  readonly consumer: string;
  readonly receive: Receiver;
  /** For its first try: together with others, if there are any. */
  readonly receiveFirst: (received: Received) => Promise<Outcome>;
  readonly routes: Routes;
  readonly firstDelayMs: number;
  /** What neither counts nor is given up. */
  readonly isAway: (error: unknown) => boolean;
  readonly log: Log;
  readonly counts: ConsumerMetrics;
}

/** Tries at once, and the time in which the last may begin: lock waits must not hold up the other messages for more than 5 s. */
const TRIES = 3;
const TRIES_WITHIN_MS = 2000;
const TRY_AGAIN_MS = [50, 250];

/** What is done with a message from Kafka. It rejects only while the message cannot be handled, parked or put aside: then it has to come again. */
export const createMessageHandler = (options: MessageHandlerOptions) => {
  const { db, broker, consumer, receive, receiveFirst, routes, firstDelayMs, isAway, log, counts } = options;

  /** The last error, when all tries failed, is a value. @throws what says that an engine is away, or that the message is malformed */
  const tryAtOnce = async (received: Received): Promise<Outcome | { readonly error: unknown }> => {
    const lastBegin = performance.now() + TRIES_WITHIN_MS;
    for (let tries = 1; ; tries += 1) {
      try {
        return await (tries === 1 ? receiveFirst(received) : receive(received, true));
      } catch (error) {
        if (isAway(error) || error instanceof InvalidMessage) throw error;
        const { topic } = received.incoming;
        counts.failed(topic);
        log.warn({ err: error, consumer, topic, messageId: received.message.id, tries }, 'a message failed');
        if (tries === TRIES || performance.now() > lastBegin) return { error };
      }
      await rest(TRY_AGAIN_MS[tries - 1]! * (0.75 + Math.random() / 2));
    }
  };

  const take = async (received: Received): Promise<void> => {
    const { incoming, message } = received;
    const time = counts.timer(message.type);
    const outcome = await tryAtOnce(received);
    time();
    if (typeof outcome === 'string') return counts.through(incoming.topic, outcome);
    const where = { consumer, messageId: message.id, key: message.subject, message: incoming };
    await park(db, { ...where, attempts: TRIES, error: outcome.error, dueInMs: retryDelayMs(1, firstDelayMs) });
  };

  const putAside = async (message: IncomingMessage, error: InvalidMessage): Promise<void> => {
    const { topic, key, partition, offset } = message;
    await publishDeadLetter(broker, { ...message, consumer, error, attempts: 1 });
    log.error({ err: error, consumer, topic, partition, offset, key }, 'a malformed message was put aside');
    counts.dead(topic);
  };

  return async (incoming: IncomingMessage): Promise<void> => {
    try {
      const message = parseMessage(incoming.value);
      const route = routes.find(incoming.topic, message.type);
      if (route === undefined) return counts.through(incoming.topic, 'ignored');
      await withTrace(message.traceparent, () => take({ incoming, message, route }));
    } catch (error) {
      if (!(error instanceof InvalidMessage)) throw error;
      await putAside(incoming, error);
    }
  };
};
