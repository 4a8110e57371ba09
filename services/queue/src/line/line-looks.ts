import type { Database } from '@onsale/shared/db';
import type { Look } from '@onsale/shared/invariants';
import type { Redis } from '@onsale/shared/redis';
import { STANDARD_LANE, type Place } from '../places/place.ts';
import { ownerOf } from './replies.ts';
import { lineKey } from './line.ts';
import { scriptsOf } from './scripts.ts';

interface LineStores {
  readonly db: Database;
  readonly redis: Redis;
  readonly namespace: string;
}

type Owner = Pick<Place, 'number' | 'member'>;

interface JournalRow {
  readonly number: number;
  readonly told: number;
}

/** Members of a sorted set in one answer of Redis, and numbers in one statement. */
const BATCH = 1000;

/**
 * Queues whose line is whole. One that has lost writes is put together again before anybody is admitted or gets a number, so it says nothing of the
 * journal until then.
 */
async function* wholeLines({ db, redis, namespace }: LineStores): AsyncGenerator<{ queueId: string; key: string }> {
  const scripts = scriptsOf(redis);
  const queues: { id: string; generation: number }[] = await db('queues')
    .where('generation', '>', 0)
    .orderBy('id')
    .select('id', 'generation');
  for (const { id, generation } of queues) {
    const key = lineKey(namespace, id);
    if ((await scripts.marked(key, [generation])) === 1) yield { queueId: id, key };
  }
}

/** The sets of those in line, present or passed over, of every lane. */
const inLine = async (redis: Redis, key: string): Promise<string[]> =>
  [STANDARD_LANE, ...(await redis.smembers(`${key}:lanes`))].flatMap((lane) => [`waiting:${lane}`, `parked:${lane}`]);

/** Places of a set, in batches; one that moves meanwhile may come twice or not at all. */
async function* placesIn(redis: Redis, key: string): AsyncGenerator<Owner[]> {
  for (let cursor = '0'; ;) {
    const [next, flat] = await redis.zscan(key, cursor, 'COUNT', BATCH);
    const places = flat.filter((_, i) => i % 2 === 0).map(ownerOf);
    if (places.length > 0) yield places;
    if (next === '0') return;
    cursor = next;
  }
}

const rowsOf = async (db: Database, queueId: string, places: readonly Owner[]): Promise<Map<number, JournalRow & { ended: boolean }>> => {
  const rows: (JournalRow & { ended_at: Date | null })[] = await db('journal')
    .where({ queue_id: queueId })
    .whereIn(
      'number',
      places.map(({ number }) => number),
    )
    .select('number', 'told', 'ended_at');
  return new Map(rows.map((row) => [row.number, { ...row, ended: row.ended_at !== null }]));
};

/** In Redis admitted, and not in the journal; or ended there, which Redis has been told. */
async function* admittedByRedisAlone(stores: LineStores): AsyncGenerator<string> {
  for await (const { queueId, key } of wholeLines(stores)) {
    for await (const places of placesIn(stores.redis, `${key}:admitted`)) {
      const rows = await rowsOf(stores.db, queueId, places);
      for (const { number } of places) {
        const row = rows.get(number);
        if (row === undefined || (row.ended && row.told === 1)) yield `${queueId} number ${number}`;
      }
    }
  }
}

/** Admitted by the journal, which Redis has been told; and not in Redis. */
async function* admittedByJournalAlone(stores: LineStores): AsyncGenerator<string> {
  const { db, redis } = stores;
  for await (const { queueId, key } of wholeLines(stores)) {
    const live: { number: number; member: string }[] = await db('journal')
      .where({ queue_id: queueId, told: true })
      .whereNull('ended_at')
      .select('number', 'member');
    for (let i = 0; i < live.length; i += BATCH) {
      const batch = live.slice(i, i + BATCH);
      const scores = await redis.zmscore(`${key}:admitted`, ...batch.map(({ number, member }) => `${number}:${member}`));
      for (const [n, { number }] of batch.entries()) if (scores[n] === null) yield `${queueId} number ${number}`;
    }
  }
}

/** In line, and ended in the journal, which Redis has been told: a number that was spent or left has come back. */
async function* endedAndInLine(stores: LineStores): AsyncGenerator<string> {
  for await (const { queueId, key } of wholeLines(stores)) {
    for (const set of await inLine(stores.redis, key)) {
      for await (const places of placesIn(stores.redis, `${key}:${set}`)) {
        const rows = await rowsOf(stores.db, queueId, places);
        for (const { number } of places) {
          const row = rows.get(number);
          if (row?.ended === true && row.told === 1) yield `${queueId} number ${number}`;
        }
      }
    }
  }
}

/** Members with more than one number in a line: waiting, parked or admitted. */
async function* twicePlaced(stores: LineStores): AsyncGenerator<string> {
  for await (const { queueId, key } of wholeLines(stores)) {
    const numbers = new Map<string, number>();
    for (const set of [...(await inLine(stores.redis, key)), 'admitted']) {
      for await (const places of placesIn(stores.redis, `${key}:${set}`)) {
        for (const { number, member } of places) {
          const other = numbers.get(member) ?? number;
          if (other !== number) yield `${queueId} numbers ${Math.min(number, other)} and ${Math.max(number, other)}`;
          numbers.set(member, number);
        }
      }
    }
  }
}

/** Where Redis has to agree with the journal, and with itself (I5). A line that has lost writes is left out until it is restored. */
export const lineLooks = (stores: LineStores): Look[] => [
  { invariant: 'I5', says: 'Redis admits nobody whom the journal does not', find: () => admittedByRedisAlone(stores) },
  { invariant: 'I5', says: 'Redis admits everybody whom it was told of', find: () => admittedByJournalAlone(stores) },
  { invariant: 'I5', says: 'no number that has ended is in line again', find: () => endedAndInLine(stores) },
  { invariant: 'I5', says: 'a member has one place in a line', find: () => twicePlaced(stores) },
];
