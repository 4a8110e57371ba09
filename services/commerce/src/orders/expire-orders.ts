import { inTransaction, isEngineAway, type Database } from '@onsale/shared/db';
import { loop, type Part } from '@onsale/shared/lifecycle';
import type { Log } from '@onsale/shared/log';
import type { SagaRunner } from '@onsale/shared/saga';
import { forgetPayUntil, overdueOrders, postponePayUntil } from './order-store.ts';

interface Deps {
  readonly db: Database;
  readonly sagas: Pick<SagaRunner, 'compensate'>;
  readonly log: Log;
  readonly everyMs: number;
}

/** Orders of one look; more are left to the next. */
const AT_ONCE = 100;
/** What cannot be expired is tried again after so long, so that it does not stand in front of the others in every look. */
const POSTPONE_MS = 10_000;

/**
 * Asks the sagas of orders that were not paid in their time to go back. It frees nothing itself: whether the points were taken, only the saga finds out.
 */
export const createOrderExpiry = ({ db, sagas, log, everyMs }: Deps): Part => {
  const expire = (id: string): Promise<void> =>
    inTransaction(db, async (trx) => {
      const came = await sagas.compensate(trx, id, { code: 'ORDER_EXPIRED' });
      if (came.is === 'unknown') throw new Error(`order ${id} has no saga`);
      await forgetPayUntil(trx, id);
    });

  const expireOrPostpone = async (id: string): Promise<void> => {
    try {
      await expire(id);
    } catch (error) {
      if (isEngineAway(error)) throw error;
      log.error({ err: error, orderId: id }, 'an order could not be expired; it is tried again later');
      await postponePayUntil(db, id, POSTPONE_MS);
    }
  };

  return loop({
    name: 'order expiry',
    everyMs,
    turn: async (signal) => {
      for (const id of await overdueOrders(db, AT_ONCE)) {
        if (signal.aborted) return;
        await expireOrPostpone(id);
      }
    },
    onError: (error) => log.warn({ err: error }, 'orders whose time is over could not be looked at'),
  });
};
