import type { Clock } from '../ids/index.ts';
import { loop, type Part } from '../lifecycle/index.ts';
import type { Log } from '../log/index.ts';
import type { IdempotencyStore } from './create-idempotency-store.ts';

/** Answers are kept for 24 h. */
const KEPT_MS = 24 * 60 * 60_000;
const EVERY_MS = 10 * 60_000;

/** Forgets what is older than a day. Every replica may run it. */
export const createKeyPurge = ({ store, clock, log }: { store: Pick<IdempotencyStore, 'purge'>; clock: Clock; log: Log }): Part =>
  loop({
    name: 'idempotency key purge',
    everyMs: EVERY_MS,
    turn: async (signal) => {
      await store.purge(new Date(clock.now().getTime() - KEPT_MS), signal);
    },
    onError: (error) => log.warn({ err: error }, 'old idempotency keys were not purged'),
  });
