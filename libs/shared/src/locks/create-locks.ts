import { setTimeout as rest } from 'node:timers/promises';
import Redlock, { ExecutionError, ResourceLockedError, type Lock } from 'redlock';
import { busy } from '../errors/index.ts';
import type { Log } from '../log/index.ts';
import type { Redis } from '../redis/index.ts';
import { createGuardedClient } from './guarded-client.ts';
import { createTurns } from './turns.ts';

export interface LocksOptions {
  readonly redis: Redis;
  readonly namespace: string;
  /** Off: `fn` runs at once, and Redis is not asked. Everything must still be right then. */
  readonly enabled: boolean;
  readonly log: Log;
  /** Longest wait for all of the keys. */
  readonly waitMs?: number;
  /** Redis forgets a lock after this time, whatever its holder does. */
  readonly leaseMs?: number;
}

export interface Locks {
  /**
   * Runs `fn` while this caller alone, of all processes, holds all of `keys`; their order does not matter. A lock sheds contention and promises
   * nothing: without Redis, or past the lease, `fn` runs beside others, and the database decides.
   * @throws Refusal BUSY when the keys were not had within `waitMs`; `fn` has not run then
   */
  holding<T>(keys: readonly string[], fn: () => Promise<T>): Promise<T>;
}

/** Between looks at a key that another process holds. Each process has one caller looking, so this may be short. */
const RETRY_MS = { least: 3, spread: 7 };
/**
 * Between two callers of one process: handed on without a gap, a key would not leave a process before its line is empty. The lookers of other
 * processes hit a gap of 1 ms about every sixth time.
 */
const GAP_MS = 1;
/** At 5 ms a holder, 600 are served in 3 s. */
const MAX_WAITING = 1000;

const isTaken = async (error: unknown): Promise<boolean> => {
  if (!(error instanceof ExecutionError)) return false;
  const stats = await error.attempts[0];
  return stats !== undefined && [...stats.votesAgainst.values()].every((vote) => vote instanceof ResourceLockedError);
};

/** Locks in Redis by redlock, with a line within the process before each, so that a hundred callers cost Redis as much as one. */
export const createLocks = ({ redis, namespace, enabled, log, waitMs = 3000, leaseMs = 10_000 }: LocksOptions): Locks => {
  const turns = createTurns({ maxWaiting: MAX_WAITING });
  const client = createGuardedClient({ redis, log });
  const redlock = new Redlock([client], { retryCount: 0 }); // its own retries take a failing Redis for a taken key
  // the braces keep all locks in one slot of a cluster, without which several keys could not be taken at once
  const name = (key: string): string => `${namespace}:{lock}:${key}`;

  /** `undefined` is a Redis that is away. @throws Refusal BUSY */
  const acquire = async (resources: string[], deadline: number): Promise<Lock | undefined> => {
    while (!client.isAway()) {
      try {
        return await redlock.acquire(resources, leaseMs);
      } catch (error) {
        if (!(await isTaken(error))) return undefined;
        if (performance.now() > deadline) throw busy(error);
      }
      await rest(RETRY_MS.least + Math.random() * RETRY_MS.spread);
    }
    return undefined;
  };

  /** Not waited for: the answer is decided, and later commands of this connection come after it. */
  const release = (lock: Lock | undefined): void => {
    lock?.release().catch((error: unknown) => log.warn({ err: error }, 'a lock was not released and will run out'));
  };

  return {
    holding: async (keys, fn) => {
      if (!enabled || keys.length === 0) return fn();
      const deadline = performance.now() + waitMs;
      const turn = await turns.take(keys, deadline);
      if (turn === undefined) throw busy();
      try {
        if (turn.waited) await rest(GAP_MS);
        const lock = await acquire([...new Set(keys)].map(name), deadline);
        try {
          return await fn();
        } finally {
          release(lock);
        }
      } finally {
        turn.end();
      }
    },
  };
};
