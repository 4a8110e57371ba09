import type { Database, Queryable, Trx } from '../db/index.ts';
import type { IncomingMessage } from '../kafka/index.ts';
import { errorText } from './dead-letter.ts';

export interface RetryRow {
  readonly id: number;
  readonly topic: string;
  readonly message_key: string;
  readonly message_id: string;
  readonly origin_partition: number;
  readonly origin_offset: string;
  readonly payload: string;
  readonly attempts: number;
}

export interface Parked {
  readonly consumer: string;
  readonly messageId: string;
  readonly key: string;
  readonly message: IncomingMessage;
  readonly attempts: number;
  readonly error: unknown;
  readonly dueInMs: number;
}

const dueIn = (db: Queryable, ms: number) => db.raw('NOW(3) + INTERVAL ? MICROSECOND', [Math.round(ms * 1000)]);

/** Puts a message where later ones of its key wait behind it. One that is there already stays as it is. */
export const park = async (db: Queryable, { consumer, messageId, key, message, attempts, error, dueInMs }: Parked): Promise<void> => {
  const row = {
    consumer,
    topic: message.topic,
    message_key: key,
    message_id: messageId,
    origin_partition: message.partition,
    origin_offset: message.offset,
    payload: message.value,
    attempts,
    error: errorText(error),
    due_at: dueIn(db, dueInMs),
  };
  await db('retries').insert(row).onConflict(['consumer', 'message_id']).ignore();
};

/** Ids of what is due, of each key only the oldest. */
export const dueRetries = async (db: Database, consumer: string, limit: number): Promise<number[]> => {
  const [rows] = await db.raw(
    `SELECT r.id FROM retries r WHERE r.consumer = ? AND r.due_at <= NOW(3) AND NOT EXISTS (
       SELECT 1 FROM retries e WHERE e.consumer = r.consumer AND e.topic = r.topic AND e.message_key = r.message_key AND e.id < r.id)
     ORDER BY r.due_at LIMIT ?`,
    [consumer, limit],
  );
  return (rows as { id: number }[]).map(({ id }) => id);
};

/** A retry while it is due; undefined when another replica has tried it meanwhile. A plain read: it keeps nobody from trying the same. */
export const readDue = async (db: Database, id: number): Promise<RetryRow | undefined> =>
  await db('retries').where({ id }).where('due_at', '<=', db.raw('NOW(3)')).first();

export const postpone = async (trx: Trx, id: number, attempts: number, error: unknown, dueInMs: number): Promise<void> => {
  await trx('retries')
    .where({ id })
    .update({ attempts, error: errorText(error), due_at: dueIn(trx, dueInMs) });
};

export const removeRetry = async (trx: Trx, id: number): Promise<void> => {
  await trx('retries').where({ id }).delete();
};

/** Removes a retry as it was read; false when somebody has tried or removed it since. */
export const takeRetry = async (trx: Trx, { id, attempts }: Pick<RetryRow, 'id' | 'attempts'>): Promise<boolean> =>
  (await trx('retries').where({ id, attempts }).delete()) === 1;

export const countRetries = async (db: Database, consumer: string): Promise<number> => {
  const row = await db('retries').where({ consumer }).count<{ count: number }[]>({ count: '*' }).first();
  return row?.count ?? 0;
};
