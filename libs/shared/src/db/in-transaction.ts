import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as rest } from 'node:timers/promises';
import type { CrashPoints } from '../crash/index.ts';
import type { Log } from '../log/index.ts';
import type { Database, Trx } from './create-database.ts';
import { endsTransaction, isRetriable } from './database-errors.ts';

export interface TransactionOptions {
  /** Further tries of the whole transaction. */
  readonly retries?: number;
  /** No further try begins later than this after the first one began: lock waits of seconds must not add up to a minute. */
  readonly retryWithinMs?: number;
}

type Hook = () => unknown;

const BACKOFF_MS = 10;
const BACKOFF_CAP_MS = 200;

interface Hooks {
  readonly before: Hook[];
  readonly after: Hook[];
}

/** What is to be done at the end of each open transaction, and once it is committed. */
const hooksOf = new WeakMap<Trx, Hooks>();

/** The transaction that the running code is inside of. `over` outlives it, for what was started inside and goes on after. */
const inside = new AsyncLocalStorage<{ readonly db: Database; over: boolean }>();

const backoffMs = (attempt: number): number => Math.min(BACKOFF_CAP_MS, BACKOFF_MS * 2 ** attempt) * (0.5 + Math.random() / 2);

const refuseNesting = (db: Database): void => {
  if (db.isTransaction === true) throw new Error('inTransaction was given a transaction: hand the trx on instead of opening another');
  const outer = inside.getStore();
  if (outer?.db === db && !outer.over)
    throw new Error('inTransaction inside of inTransaction: two connections for one use case can exhaust the pool; hand the trx on');
};

const runAfter = (db: Database, hooks: readonly Hook[]): void => {
  const report = (error: unknown): void => (db.userParams as { log?: Log }).log?.error({ err: error }, 'failed after a commit');
  for (const hook of hooks) {
    void (async () => hook())().catch(report);
  }
};

/** Of `createDatabase`. */
const crashOf = (db: Database): CrashPoints | undefined => (db.userParams as { crash?: CrashPoints }).crash;

/** So that what still follows on this connection is not committed statement by statement, but rolled back with the rest. */
const beginAgain = (trx: Trx): void => {
  trx.raw('BEGIN').catch(() => {}); // the connection is dead: nothing can follow
};

const runOnce = async <T>(db: Database, fn: (trx: Trx) => Promise<T>): Promise<T> => {
  const scope = { db, over: false };
  const hooks: Hooks = { before: [], after: [] };
  let thrown: { readonly error: unknown } | undefined;
  let lost: { readonly error: unknown } | undefined;

  const container = async (trx: Trx): Promise<T> => {
    hooksOf.set(trx, hooks);
    trx.on('query-error', (error: unknown) => {
      if (!endsTransaction(error)) return;
      lost ??= { error };
      beginAgain(trx);
    });
    try {
      const value = await fn(trx);
      for (const hook of hooks.before) await hook();
      if (lost !== undefined) throw lost.error; // fn swallowed it
      crashOf(db)?.hit('before-commit');
      return value;
    } catch (error) {
      thrown = lost ?? { error }; // whatever fn made of a lost transaction, it did not see the whole of its own work
      throw thrown.error;
    }
  };

  let value: T;
  try {
    value = await inside.run(scope, () => db.transaction(container, { doNotRejectOnRollback: false }));
  } catch (error) {
    throw thrown === undefined ? error : thrown.error; // not the failure of a ROLLBACK on a dead connection
  } finally {
    scope.over = true;
  }
  crashOf(db)?.hit('after-commit');
  runAfter(db, hooks.after);
  return value;
};

/**
 * Runs `fn` in a transaction of its own and answers with its value once that is committed. When the engine makes it give way (1205 lock wait, 1213
 * deadlock, 1020 record changed) all of `fn` runs again, with growing, jittered rests: up to 5 times, the last beginning within 5 s. So `fn` must do
 * nothing that a rollback does not undo: see `afterCommit`. Anything that `fn` throws rolls back and is thrown on.
 * @throws Error when called with a transaction, or by code that is already inside a transaction of the same database
 */
export const inTransaction = async <T>(
  db: Database,
  fn: (trx: Trx) => Promise<T>,
  { retries = 5, retryWithinMs = 5000 }: TransactionOptions = {},
): Promise<T> => {
  refuseNesting(db);
  const lastBegin = performance.now() + retryWithinMs;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await runOnce(db, fn);
    } catch (error) {
      if (!isRetriable(error) || attempt >= retries || performance.now() > lastBegin) throw error;
    }
    await rest(backoffMs(attempt));
  }
};

const hooksIn = (trx: Trx): Hooks => {
  const hooks = hooksOf.get(trx);
  if (hooks === undefined) throw new Error('hooks need the transaction that inTransaction opened');
  return hooks;
};

/**
 * Has `fn` run once the transaction is committed, and never after a rollback: for caches, wake-ups and notices. It is started in the order of
 * registration and not waited for; its errors are logged and change nothing.
 * @throws Error when `trx` was not opened by `inTransaction`
 */
export const afterCommit = (trx: Trx, fn: () => unknown): void => void hooksIn(trx).after.push(fn);

/**
 * Has `fn` run as one of the transaction's last statements, in the order of registration: for what gathers meanwhile and is written at once. What it
 * throws rolls back.
 * @throws Error when `trx` was not opened by `inTransaction`
 */
export const beforeCommit = (trx: Trx, fn: () => Promise<unknown>): void => void hooksIn(trx).before.push(fn);
