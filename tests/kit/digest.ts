import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Database } from '@onsale/shared/db';
import type { Redis } from '@onsale/shared/redis';

interface DigestOptions {
  readonly databases: Readonly<Record<string, Database>>;
  /** The fleet's own database of Redis. */
  readonly redis: Redis;
}

/** What changes without anybody asking: leases of relays, and how far migrations have come. */
const VOLATILE_TABLES = /^(leases|knex_)/;
/** A queue's row follows the numbers that Redis gives out, later; Redis itself is looked at below. */
const VOLATILE_COLUMNS = new Set(['last_number']);
/**
 * The line's places, owners, ends and last number (services/queue/src/line/prelude.lua). What else is in Redis changes without anybody asking, or
 * with every question: who was seen, marks, rates, limits, locks, ended sessions.
 */
const LINE_KEYS = /:queue:\{[^}]+\}:(waiting:[\w-]+|parked:[\w-]+|admitted|last|owner:.+|ended:\d+)$/;

const hashOf = (lines: readonly string[]): string =>
  `${lines.length} ${createHash('sha256').update(lines.toSorted().join('\n')).digest('hex').slice(0, 16)}`;

/** A message that has not left, a saga that has not ended, a journal row that Redis has not been told of. */
const isUnderWay = (table: string, row: Record<string, unknown>): boolean =>
  table === 'outbox' || (table === 'sagas' && (row['status'] === 'RUNNING' || row['status'] === 'COMPENSATING')) || row['told'] === 0;

const tablesOf = async (database: Database): Promise<string[]> => {
  const [tables] = (await database.raw('SHOW FULL TABLES WHERE Table_type = ?', ['BASE TABLE'])) as [Record<string, string>[]];
  return tables.map((row) => Object.values(row)[0]!).filter((table) => !VOLATILE_TABLES.test(table));
};

const tableHashes = async (service: string, database: Database, settled: boolean): Promise<Record<string, string>> => {
  const hashes: Record<string, string> = {};
  for (const table of await tablesOf(database)) {
    const rows = (await database(table).select()) as Record<string, unknown>[];
    if (settled && rows.some((row) => isUnderWay(table, row))) throw new Error(`${service}.${table} is still under way`);
    const kept = rows.map((row) => Object.entries(row).filter(([column]) => !VOLATILE_COLUMNS.has(column)));
    hashes[`${service}.${table}`] = hashOf(kept.map((row) => JSON.stringify(row)));
  }
  return hashes;
};

/** A dump is the same, byte for byte, until somebody writes to the key. */
const lineHashes = async (redis: Redis): Promise<Record<string, string>> => {
  const hashes: Record<string, string> = {};
  for (const key of (await redis.keys('*')).filter((key) => LINE_KEYS.test(key))) {
    hashes[`redis ${key}`] = hashOf([(await redis.dumpBuffer(key))?.toString('hex') ?? 'gone']);
  }
  return hashes;
};

/** What the stores hold, all tables and the line in Redis, as one hash a table and a key; with `settled`, throws while anything is under way. */
export const createDigest = ({ databases, redis }: DigestOptions) => {
  const look = async (settled: boolean): Promise<Record<string, string>> => {
    const hashes = await lineHashes(redis);
    for (const [service, database] of Object.entries(databases)) Object.assign(hashes, await tableHashes(service, database, settled));
    return hashes;
  };
  return async ({ settled }: { settled: boolean }): Promise<Record<string, string>> => {
    const seen = await look(settled);
    if (!settled) return seen;
    // tables are read one after another: what ended in between is half in the first look, and whole in the second
    const again = await look(settled);
    if (!isDeepStrictEqual(seen, again)) throw new Error('the stores are still changing');
    return again;
  };
};
