import type { Database } from '../db/index.ts';
import type { OutgoingMessage } from '../kafka/index.ts';

export interface OutboxRow {
  readonly id: number;
  readonly shard: number;
  readonly topic: string;
  readonly message_key: string;
  readonly headers: string;
  readonly payload: string;
}

/** The lowest ids of each shard, in order within each. A plain read by (shard, id): relays never wait for writers, nor writers for relays. */
export const readLowest = async (db: Database, shards: readonly number[], limit: number): Promise<OutboxRow[]> => {
  const one = '(SELECT id, shard, topic, message_key, headers, payload FROM outbox WHERE shard = ? ORDER BY id LIMIT ?)';
  const [rows] = await db.raw(
    shards.map(() => one).join(' UNION ALL '),
    shards.flatMap((shard) => [shard, limit]),
  );
  return (rows as OutboxRow[]).toSorted((a, b) => a.id - b.id);
};

/** By id, never "up to an id": rows with lower ids may be committed later. */
export const removeSent = async (db: Database, rows: readonly OutboxRow[]): Promise<void> => {
  await db('outbox')
    .whereIn(
      'id',
      rows.map(({ id }) => id),
    )
    .delete();
};

/** Seconds that the oldest row has waited; 0 when there is none. */
export const oldestAgeSeconds = async (db: Database): Promise<number> => {
  const [rows] = await db.raw('SELECT TIMESTAMPDIFF(MICROSECOND, created_at, NOW(3)) / 1000000 AS age FROM outbox ORDER BY id LIMIT 1');
  return Math.max(0, Number((rows as { age: string }[])[0]?.age ?? 0));
};

/** Shards whose oldest row has waited for longer: what is added to one of these leaves no sooner. By the index (shard, id) alone, and one row a shard. */
export const stuckShards = async (db: Database, seconds: number): Promise<ReadonlySet<number>> => {
  const [rows] = await db.raw(
    `SELECT oldest.shard FROM (SELECT shard, MIN(id) AS id FROM outbox GROUP BY shard) AS oldest
     JOIN outbox ON outbox.id = oldest.id WHERE outbox.created_at < NOW(3) - INTERVAL ? SECOND`,
    [seconds],
  );
  return new Set((rows as { shard: number }[]).map(({ shard }) => shard));
};

export const outgoing = ({ topic, message_key: key, payload, headers }: OutboxRow): OutgoingMessage => ({
  topic,
  key,
  value: payload,
  headers: JSON.parse(headers) as Record<string, string>,
});
