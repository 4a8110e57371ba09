import knex, { type Knex } from 'knex';
import type { Connection } from 'mysql2';
import type { CrashPoints } from '../crash/index.ts';
import type { Log } from '../log/index.ts';
import { closeWhenSilent } from './close-when-silent.ts';

export type Database = Knex;
export type Trx = Knex.Transaction;
export type Queryable = Knex | Trx;

export interface DatabaseOptions {
  /** `mysql://user:password@host:port/schema`; mysql2's own options may follow as query parameters (`?ssl={...}`). */
  readonly url: string;
  /** Connections of this process at most; none is kept that has been idle for a minute. */
  readonly poolSize?: number;
  /** Longest wait for a connection of the pool. */
  readonly acquireTimeoutMs?: number;
  /** Longest time that a connection may take to come about. */
  readonly connectTimeoutMs?: number;
  /** Longest time that the engine works at one statement. */
  readonly statementTimeoutMs?: number;
  /** Longest wait for a row lock or a metadata lock (error 1205). */
  readonly lockWaitSeconds?: number;
  readonly log?: Log;
  readonly crash?: CrashPoints | undefined;
}

/** Beyond the engine's own deadline: a process that hears nothing for this long takes the connection for dead. */
const SILENCE_MS = 1000;
/** The deadline of a statement stays this much above the lock wait, so that a wait ends as 1205 (tried again) and not as an interrupted statement. */
const LOCK_MARGIN_MS = 500;

const SQL_MODE = 'STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';

/** `/*M! *\/` is read by MariaDB alone, `/*!80000 *\/` by MySQL 8 and newer alone: their statement deadlines have different names and units. */
const sessionSettings = (deadlineMs: number, lockWaitSeconds: number): string =>
  `SET SESSION time_zone = '+00:00', sql_mode = '${SQL_MODE}', innodb_lock_wait_timeout = ${lockWaitSeconds}, lock_wait_timeout = ${lockWaitSeconds}` +
  ` /*M! , max_statement_time = ${deadlineMs / 1000} */ /*!80000 , max_execution_time = ${deadlineMs} */`;

const knexLog = (log: Log | undefined): Knex.Logger => ({
  debug: () => {},
  deprecate: () => {},
  warn: (message: unknown) => log?.warn({ engine: 'mysql' }, String(message)),
  error: (message: unknown) => log?.error({ engine: 'mysql' }, String(message)),
});

/**
 * A pool of connections to one schema, made on demand. Every connection is READ COMMITTED, UTC and strict, and has deadlines for connecting,
 * statements and lock waits. BIGINT comes as a number where that is exact and as a string beyond; DECIMAL (so SUM too) and JSON as strings;
 * DATETIME as Date. Affected rows are the rows that matched. The deadlines' defaults are those of the settings.
 */
export const createDatabase = ({
  url,
  poolSize = 10,
  acquireTimeoutMs = 3000,
  connectTimeoutMs = 2000,
  statementTimeoutMs = 3000,
  lockWaitSeconds = 3,
  log,
  crash,
}: DatabaseOptions): Database => {
  const deadlineMs = Math.max(statementTimeoutMs, lockWaitSeconds * 1000 + LOCK_MARGIN_MS);
  const prepare = (connection: Connection, done: (error: Error | null, connection: Connection) => void): void => {
    closeWhenSilent(connection, deadlineMs + SILENCE_MS);
    connection.query({ sql: 'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED' }, [], (isolationError) => {
      if (isolationError !== null) return done(isolationError, connection);
      connection.query({ sql: sessionSettings(deadlineMs, lockWaitSeconds) }, [], (error) => done(error, connection));
    });
  };
  const connection = {
    uri: url,
    timezone: 'Z',
    supportBigNumbers: true,
    jsonStrings: true,
    connectTimeout: connectTimeoutMs,
  };
  const db = knex({
    client: 'mysql2',
    version: 'latest', // else the first connection asks, without a deadline, and all others wait for its answer
    connection: connection as Knex.MySql2ConnectionConfig,
    pool: { min: 0, max: poolSize, idleTimeoutMillis: 60_000, afterCreate: prepare },
    acquireConnectionTimeout: acquireTimeoutMs,
    compileSqlOnError: false, // the same of knex: its messages name the statement without the values
    log: knexLog(log),
  });
  db.userParams = { log, crash };
  return db;
};

/** A readiness check: rejects when the engine does not answer a trivial query within the pool's deadlines. */
export const databaseCheck = (db: Database) => async (): Promise<void> => {
  await db.raw('SELECT 1');
};
