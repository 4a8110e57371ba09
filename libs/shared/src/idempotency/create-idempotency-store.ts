import { inTransaction, isDuplicate, isLockWait, type Database, type Trx } from '../db/index.ts';
import { Refusal } from '../errors/index.ts';
import type { Clock } from '../ids/index.ts';
import * as keys from './idempotency-key-store.ts';
import { scopeBytes, type KeyScope } from './key-scope.ts';

/** What a use case answered the first time. */
export interface Kept {
  readonly value: unknown;
}

/** One key's hold on a use case. */
export interface Once {
  /**
   * `inTransaction` with the key as its first statement, and the value of `fn`, which is plain JSON, written behind `fn`: both are committed, or neither. When
   * another transaction with this key was first, in whatever process, its value is the answer and `fn` does not run.
   * @throws Refusal IDEMPOTENCY_KEY_REUSED when the key stands for another request; IDEMPOTENCY_IN_FLIGHT when the other one takes longer than a lock is waited for
   */
  transaction<T>(db: Database, fn: (trx: Trx) => Promise<T>): Promise<T>;
  /** Whether the last `transaction` answered with a kept value. */
  readonly replayed: boolean;
}

export interface IdempotencyStore {
  /** A plain read: for a request that was refused before it came to its key. @throws Refusal IDEMPOTENCY_KEY_REUSED */
  find(scope: KeyScope): Promise<Kept | undefined>;
  once(scope: KeyScope): Once;
  /**
   * The first statement of a transaction that does many use cases at once: the keys of all, each with the value (plain JSON) that it will be answered with.
   * What it throws says that not all of them are new, or free: then nothing is known of any, and each is to be done alone by its `transaction`.
   */
  claimAll(trx: Trx, claims: readonly { readonly once: Once; readonly value: unknown }[]): Promise<void>;
  /** Which of these are known by now: each of them is to be done alone, which answers what it was answered. */
  knownAmong(all: readonly Once[]): Promise<ReadonlySet<Once>>;
  /** The last one: forgets the keys, claimed in the same transaction, of those that were refused. */
  dropAll(trx: Trx, refused: readonly Once[]): Promise<void>;
  /** Forgets keys older than `before`, in small steps, none of them after the signal. Answers how many. */
  purge(before: Date, signal?: AbortSignal): Promise<number>;
}

const PURGE_STEP = 500;

const reused = (): Refusal => new Refusal('IDEMPOTENCY_KEY_REUSED', 'This key was sent with another request.');

const inFlight = (cause: unknown): Refusal =>
  new Refusal('IDEMPOTENCY_IN_FLIGHT', 'A request with this key is under way. Ask again with the same key.', {
    retryAfterSeconds: 1,
    cause,
  });

const keptOf = (row: keys.KeyRow | undefined, { requestHash }: KeyScope): Kept | undefined => {
  if (row === undefined || row.value === null) return undefined;
  if (!row.request_hash.equals(requestHash)) throw reused();
  return { value: JSON.parse(row.value) as unknown };
};

/** The kept value, or nothing when the key is now this transaction's. */
const claim = async (trx: Trx, scope: KeyScope, at: Date): Promise<Kept | undefined> => {
  const bytes = scopeBytes(scope);
  try {
    await keys.insert(trx, { scope: bytes, requestHash: scope.requestHash, at });
    return undefined;
  } catch (error) {
    if (isDuplicate(error)) return keptOf(await keys.find(trx, bytes), scope) ?? Promise.reject(inFlight(error));
    if (isLockWait(error)) throw inFlight(error); // not thrown on as it is: the whole transaction would try again, and wait again
    throw error;
  }
};

/** What the routes of a service need of it. */
export type KeyedStore = Pick<IdempotencyStore, 'find' | 'once'>;

/** Keys in the table `idempotency_keys` of the service's own schema. */
export const createIdempotencyStore = ({ db, clock }: { db: Database; clock: Clock }): IdempotencyStore => {
  const scopes = new WeakMap<Once, KeyScope>();
  const scopeOf = (once: Once): KeyScope => {
    const scope = scopes.get(once);
    if (scope === undefined) throw new Error('this key is of another store');
    return scope;
  };

  return {
    find: async (scope) => keptOf(await keys.find(db, scopeBytes(scope)), scope),

    once: (scope) => {
      let replayed = false;
      const once: Once = {
        get replayed() {
          return replayed;
        },
        transaction: <T>(database: Database, fn: (trx: Trx) => Promise<T>) =>
          inTransaction(database, async (trx) => {
            const kept = await claim(trx, scope, clock.now());
            replayed = kept !== undefined;
            if (kept !== undefined) return kept.value as T;
            const value = JSON.stringify((await fn(trx)) ?? null);
            await keys.setValue(trx, { scope: scopeBytes(scope), value });
            return JSON.parse(value) as T; // as a replay will have it
          }),
      };
      scopes.set(once, scope);
      return once;
    },

    claimAll: (trx, claims) =>
      keys.insertAll(
        trx,
        claims.map(({ once, value }) => {
          const scope = scopeOf(once);
          return { scope: scopeBytes(scope), requestHash: scope.requestHash, value: JSON.stringify(value ?? null), at: clock.now() };
        }),
      ),

    knownAmong: async (all) => {
      const kept = await keys.findKept(
        db,
        all.map((once) => scopeBytes(scopeOf(once))),
      );
      const known = new Set(kept.map((scope) => scope.toString('hex')));
      return new Set(all.filter((once) => known.has(scopeBytes(scopeOf(once)).toString('hex'))));
    },

    dropAll: async (trx, refused) => {
      if (refused.length > 0)
        await keys.deleteAll(
          trx,
          refused.map((once) => scopeBytes(scopeOf(once))),
        );
    },

    purge: async (before, signal) => {
      let total = 0;
      for (;;) {
        if (signal?.aborted === true) return total;
        const deleted = await keys.deleteBefore(db, { before, limit: PURGE_STEP });
        total += deleted;
        if (deleted < PURGE_STEP) return total;
      }
    },
  };
};
