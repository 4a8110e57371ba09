import { inTransaction, type Database } from '@onsale/shared/db';
import { loop, type Part } from '@onsale/shared/lifecycle';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import type { ExpireReservations } from './expire-reservations.ts';
import * as reservations from './reservation-store.ts';

interface Deps {
  readonly db: Database;
  readonly expireReservations: ExpireReservations;
  /** Reservations of one transaction at most: it holds their rows and seats until its commit. */
  readonly batch?: number;
}

/**
 * Ends one batch of reservations that have lapsed, holds before payments (those only after their grace), and answers how many. Any number of replicas
 * may sweep at once: each passes by what another has in hand.
 */
export const sweepLapsed =
  ({ db, expireReservations, batch = 100 }: Deps) =>
  (): Promise<number> =>
    inTransaction(db, async (trx) => {
      const holds = await reservations.lockLapsed(trx, 'HELD', batch);
      const payments = holds.length < batch ? await reservations.lockLapsed(trx, 'PAYING', batch - holds.length) : [];
      const lapsed = [...holds, ...payments];
      await expireReservations(trx, lapsed);
      return lapsed.length;
    });

/** Sweeps every `everyMs`, until nothing is left to end. Sweeping tells and tidies; a lapsed hold is already free to whoever asks for its seats. */
export const createSweeper = ({ everyMs, log, metrics, ...deps }: Deps & { everyMs: number; log: Log; metrics: Metrics }): Part => {
  const sweep = sweepLapsed(deps);
  const swept = metrics.counter({ name: 'onsale_reservations_swept_total', help: 'Reservations that the sweeper ended' });
  return loop({
    name: 'sweeper',
    everyMs,
    turn: async (signal) => {
      for (let ended = -1; ended !== 0 && !signal.aborted;) {
        ended = await sweep();
        swept.inc(ended);
      }
    },
    onError: (error) => log.error({ err: error }, 'the sweep failed; the next one tries again'),
  });
};
