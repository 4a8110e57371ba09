import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Knex } from 'knex';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import type { Log } from '../log/index.ts';
import { createDatabase } from './create-database.ts';

export interface MigrateOptions {
  readonly url: string;
  /** A folder of `.ts` files with `export const up = async (knex) => ...`, applied in the order of their names. */
  readonly directory: URL | string;
  /** Longest wait for another process that is migrating the same schema. */
  readonly waitMs?: number;
  readonly log?: Log;
}

/** A statement that rebuilds a large table takes its time; a wait for other statements on that table should not, as all later ones queue up behind it. */
const STATEMENT_MS = 30 * 60_000;
/** Nobody waits for an answer: a database that is slow to take a connection is no reason to give up. */
const CONNECT_MS = 10_000;
const LOCK_WAIT_SECONDS = 20;

const forwardOnly = async (): Promise<never> => {
  throw new Error('migrations go forward only: write a new one');
};

/** knex's own file source would `require` the files. */
const filesOf = (directory: string): Knex.MigrationSource<string> => ({
  getMigrations: async () => (await readdir(directory)).filter((name) => name.endsWith('.ts') && !/\.(d|spec)\.ts$/.test(name)).sort(),
  getMigrationName: (name) => name,
  getMigration: async (name) => ({ down: forwardOnly, ...((await import(pathToFileURL(join(directory, name)).href)) as Knex.Migration) }),
});

/** Lock names are the server's, not the schema's, and at most 64 characters long. */
const lockName = (schema: string): string => `onsale-migrate-${createHash('sha256').update(schema).digest('hex').slice(0, 32)}`;

const one = async <T>(connection: Connection, sql: string, values: (string | number)[] = []): Promise<T | undefined> => {
  const [rows] = await connection.query<(RowDataPacket & { value: T })[]>(sql, values);
  return rows[0]?.value;
};

const takeLock = async (connection: Connection, waitMs: number): Promise<{ stillHeld: () => Promise<void> }> => {
  const schema = await one<string | null>(connection, 'SELECT DATABASE() AS value');
  if (typeof schema !== 'string') throw new Error('the URL of a database to migrate must name a schema');
  const name = lockName(schema);
  const got = await one<number>(connection, 'SELECT GET_LOCK(?, ?) AS value', [name, Math.ceil(waitMs / 1000)]);
  if (got !== 1) throw new Error(`another process has been migrating ${schema} for ${waitMs} ms`);
  return {
    stillHeld: async () => {
      const held = await one<number>(connection, 'SELECT IS_USED_LOCK(?) = CONNECTION_ID() AS value', [name]);
      if (held !== 1) throw new Error('the lock of the migration was lost');
    },
  };
};

/**
 * Applies the migrations that the schema does not have yet, and names them. Many processes may call it at once: one works, the others wait. The lock
 * lives as long as its connection, so a process that dies leaves none behind. MySQL commits every DDL statement by itself: a migration that fails half
 * way is not undone, so each changes one thing.
 * @throws Error when a migration fails, the lock is not had within `waitMs`, or an applied file is missing
 */
export const migrate = async ({ url, directory, waitMs = 60_000, log }: MigrateOptions): Promise<{ applied: string[] }> => {
  const path = directory instanceof URL || directory.startsWith('file:') ? fileURLToPath(directory) : directory;
  const guard = await createConnection({ uri: url, connectTimeout: CONNECT_MS });
  guard.on('error', () => {}); // what matters of it comes back from stillHeld
  const db = createDatabase({
    url,
    poolSize: 1,
    connectTimeoutMs: CONNECT_MS,
    acquireTimeoutMs: 2 * CONNECT_MS,
    statementTimeoutMs: STATEMENT_MS,
    lockWaitSeconds: LOCK_WAIT_SECONDS,
    ...(log && { log }),
  });
  try {
    const { stillHeld } = await takeLock(guard, waitMs);
    const config: Knex.MigratorConfig & { beforeEach: () => Promise<void> } = {
      tableName: 'migrations',
      migrationSource: filesOf(path),
      disableTransactions: true,
      beforeEach: stillHeld,
    };
    await db.migrate.forceFreeMigrationsLock(config); // knex's own lock is a row that outlives its process; ours is the one that counts
    const [, applied] = (await db.migrate.latest(config)) as [number, string[]];
    return { applied };
  } finally {
    await db.destroy();
    guard.destroy();
  }
};
