import type { Database } from '@onsale/shared/db';
import type { Clock, NewId } from '@onsale/shared/ids';
import type { Ranking } from './ranking.ts';
import { factsSince, soldBetween } from './sales-store.ts';
import { firstHourOf, startOf } from './window.ts';

/**
 * How long ago an order must have been paid or cancelled for its transaction to be over, whatever held it up and whichever replica's clock has told the
 * time: locks, statements and their retries take seconds.
 */
const SETTLED_MS = 120_000;

interface Deps {
  readonly db: Database;
  readonly ranking: Ranking;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** `elsewhere`: somebody else builds one. `lost`: what was built so far has gone, with Redis or since it took too long. */
export type Rebuilt = 'built' | 'elsewhere' | 'lost';

/**
 * Makes the ranking anew from the orders, beside the one that is read, and exactly: what is settled is added up from the database, of what is younger each
 * fact is counted by itself, once, whether it is found here or heard as an event first. So a generation begins to hear before it reads.
 */
export const rebuildRanking =
  ({ db, ranking, clock, newId }: Deps) =>
  async (): Promise<Rebuilt> => {
    const now = clock.now();
    const from = firstHourOf(now);
    const floor = new Date(now.getTime() - SETTLED_MS);
    const generation = newId();
    if (!(await ranking.begin(generation, { from, floor }))) return 'elsewhere';
    const since = startOf(from);
    for await (const sums of soldBetween(db, { since, before: floor, cancelledBefore: floor })) {
      if (!(await ranking.load(generation, sums))) return 'lost';
    }
    for await (const facts of factsSince(db, { since, floor })) {
      if (!(await ranking.recount(generation, facts))) return 'lost';
    }
    return (await ranking.finish(generation, now)) ? 'built' : 'lost';
  };

export type RebuildRanking = ReturnType<typeof rebuildRanking>;
