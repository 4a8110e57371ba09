import { inTransaction, type Database } from '@onsale/shared/db';
import { loop, type Part } from '@onsale/shared/lifecycle';
import type { Log } from '@onsale/shared/log';
import type { SagaRunner } from '@onsale/shared/saga';
import { forgetPayUntil, overdueOrders } from './order-store.ts';

interface Deps {
  readonly db: Database;
  readonly sagas: Pick<SagaRunner, 'compensate'>;
  readonly log: Log;
  readonly everyMs: number;
}

/** Orders of one look; more are left to the next. */
const AT_ONCE = 100;

/**
 * Asks the sagas of orders that were not paid in their time to go back. It frees nothing itself: whether the points were taken, only the saga finds out.
 */
export const createOrderExpiry = ({ db, sagas, log, everyMs }: Deps): Part => {
  const expire = (id: string): Promise<void> =>
    inTransaction(db, async (trx) => {
      const came = await sagas.compensate(trx, id, { code: 'ORDER_EXPIRED' });
      if (came.is !== 'unknown') await forgetPayUntil(trx, id);
    });
  const onError = (error: unknown): void => log.error({ err: error }, 'an order could not be expired; the next look tries again');
  return loop({
    name: 'order expiry',
    everyMs,
    turn: async (signal) => {
      for (const id of await overdueOrders(db, AT_ONCE)) {
        if (signal.aborted) return;
        await expire(id).catch((error: unknown) => onError(error)); // the others do not wait for it
      }
    },
    onError,
  });
};
