import { inTransaction, type Database } from '../db/index.ts';
import type { Broker } from '../kafka/index.ts';
import type { Log } from '../log/index.ts';
import { withTrace } from '../tracing/index.ts';
import type { ConsumerMetrics } from './consumer-metrics.ts';
import { publishDeadLetter } from './dead-letter.ts';
import { InvalidMessage } from './handler.ts';
import { parseMessage, type Receiver, type Routes } from './receive.ts';
import { dueRetries, postpone, readDue, removeRetry, takeRetry, type RetryRow } from './retry-store.ts';

export interface RetriesOptions {
  readonly db: Database;
  readonly broker: Broker;
  readonly consumer: string;
  readonly receive: Receiver;
  readonly routes: Routes;
  /** Tries of a message in all, before it goes to the dead-letter topic. */
  readonly maxAttempts: number;
  readonly firstDelayMs: number;
  /** What neither counts nor is given up. */
  readonly isAway: (error: unknown) => boolean;
  readonly log: Log;
  readonly counts: ConsumerMetrics;
}

const DELAY_CAP_MS = 60_000;
const AT_ONCE = 20;

/** The rest before the next try: doubled each time from `firstDelayMs`, a minute at most, with jitter. */
export const retryDelayMs = (attempts: number, firstDelayMs: number, random: number = Math.random()): number =>
  Math.min(DELAY_CAP_MS, firstDelayMs * 2 ** Math.max(0, attempts - 1)) * (0.75 + random / 2);

/** One look at the retries: what is due is tried again, the oldest of each key first, until nothing due is left. */
export const createRetries = (options: RetriesOptions) => {
  const { db, broker, consumer, receive, routes, maxAttempts, firstDelayMs, isAway, log, counts } = options;

  const attempt = async (row: RetryRow): Promise<void> => {
    const { id, topic, message_key: key, payload: value } = row;
    const message = parseMessage(value);
    const route = routes.find(topic, message.type);
    const finish = (trx: Parameters<typeof removeRetry>[0]): Promise<void> => removeRetry(trx, id);
    if (route === undefined) return await inTransaction(db, finish);
    const incoming = { topic, key, value, partition: row.origin_partition, offset: row.origin_offset, headers: {} };
    await withTrace(message.traceparent, () => receive({ incoming, message, route }, false, finish));
  };

  /** Of two replicas that gave up the same try, the first has the row, and with it the dead letter; the other waits for its commit, and finds none. */
  const bury = async (row: RetryRow, error: unknown, attempts: number): Promise<void> => {
    const { topic, message_key: key, payload: value, origin_partition: partition, origin_offset: offset } = row;
    const buried = await inTransaction(db, async (trx) => {
      if (!(await takeRetry(trx, row))) return false;
      await publishDeadLetter(broker, { topic, partition, offset, key, value, consumer, error, attempts });
      return true;
    });
    if (!buried) return;
    log.error({ err: error, consumer, topic, key, messageId: row.message_id, attempts }, 'a message was given up');
    counts.dead(topic);
  };

  /** Two replicas may try the same row at once: the inbox lets one have its effect, and both would postpone it alike. */
  const one = async (id: number): Promise<void> => {
    const row = await readDue(db, id);
    if (row === undefined) return;
    try {
      await attempt(row);
    } catch (error) {
      if (isAway(error)) throw error;
      counts.failed(row.topic);
      const attempts = row.attempts + 1;
      if (attempts >= maxAttempts || error instanceof InvalidMessage) return await bury(row, error, attempts);
      await inTransaction(db, (trx) => postpone(trx, id, attempts, error, retryDelayMs(attempts, firstDelayMs)));
    }
  };

  return async (signal: AbortSignal): Promise<void> => {
    for (;;) {
      const ids = await dueRetries(db, consumer, AT_ONCE);
      for (const id of ids) {
        if (signal.aborted) return;
        await one(id);
      }
      if (ids.length === 0) return;
    }
  };
};
