import type { Database } from '@onsale/shared/db';
import { notFound } from '@onsale/shared/errors';
import type { Once } from '@onsale/shared/idempotency';
import type { NewId } from '@onsale/shared/ids';
import type { SagaRunner } from '@onsale/shared/saga';
import { closedAmong } from '../accounts/closed-accounts.ts';
import { AccountClosed, OrderNotCancellable } from './order-errors.ts';
import type { OrderCancellation } from './order-saga.ts';
import * as orders from './order-store.ts';

interface Deps {
  readonly db: Database;
  readonly newId: NewId;
  readonly sagas: SagaRunner;
  readonly cancellation: OrderCancellation;
}

interface CancelOrder {
  readonly orderId: string;
  readonly memberId: string;
  readonly once: Once;
}

/**
 * COMPLETED -> CANCELLING, and the saga that gives everything back. Of many at once the row's lock lets one begin; the others, and those who come when
 * it is done, are answered with that one.
 * @throws Refusal NOT_FOUND when it is not this member's; OrderNotCancellable; AccountClosed
 */
export const cancelOrder =
  ({ db, newId, sagas, cancellation }: Deps) =>
  ({ orderId, memberId, once }: CancelOrder): Promise<{ orderId: string; cancellationId: string }> =>
    once.transaction(db, async (trx) => {
      const closed = await closedAmong(trx, [memberId]);
      const order = await orders.lockOrder(trx, { id: orderId, memberId });
      if (order === undefined) throw notFound('order');
      const { id, status, total, cancellationId } = order;
      if ((status === 'CANCELLING' || status === 'CANCELLED') && cancellationId !== undefined) return { orderId: id, cancellationId };
      if (status !== 'COMPLETED') throw new OrderNotCancellable(order);
      if (closed.has(memberId)) throw new AccountClosed(); // its wallet is, and points that come back would be lost with it
      const saga = newId();
      await orders.moveOrder(trx, id, { from: 'COMPLETED', to: 'CANCELLING', cancellationId: saga });
      await sagas.start(trx, cancellation, { id: saga, state: { orderId: id, memberId, total } });
      return { orderId: id, cancellationId: saga };
    });
