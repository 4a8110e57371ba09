import type { Database } from '@onsale/shared/db';
import { loop, type Part } from '@onsale/shared/lifecycle';
import type { Log } from '@onsale/shared/log';
import { purgeExpired } from './session-store.ts';

interface Options {
  readonly db: Database;
  readonly everyMs: number;
  readonly log: Log;
}

const BATCH = 1000;

/** Removes sessions and refresh tokens that ran out, a batch a statement, so that the tables hold what is alive. */
export const createSessionSweeper = ({ db, everyMs, log }: Options): Part =>
  loop({
    name: 'session-sweeper',
    everyMs,
    turn: async (signal) => {
      for (const table of ['refresh_tokens', 'sessions'] as const) {
        while (!signal.aborted && (await purgeExpired(db, table, BATCH)) === BATCH);
      }
    },
    onError: (error) => log.warn({ err: error }, 'expired sessions were not removed'),
  });
