import type { Database } from '../db/index.ts';
import { createIdempotencyStore, type KeyScope, type Once } from '../idempotency/index.ts';
import { newId, systemClock } from '../ids/index.ts';

/** What a keyed route hands its use case, by a key of its own unless `scope` names one: each call is another replica. */
export const onceOf = (db: Database, scope: Partial<KeyScope> = {}): Once =>
  createIdempotencyStore({ db, clock: systemClock }).once({
    memberId: newId(),
    method: 'POST',
    path: '/',
    key: newId(),
    requestHash: Buffer.alloc(32),
    ...scope,
  });
