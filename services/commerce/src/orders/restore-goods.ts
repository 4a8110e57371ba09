import { orderCancelled } from '@onsale/contracts/commerce';
import { afterCommit, type Trx } from '@onsale/shared/db';
import type { Clock } from '@onsale/shared/ids';
import { eventOf, type Outbox } from '@onsale/shared/outbox';
import type { Ends, SagaView } from '@onsale/shared/saga';
import { moveGoods } from './move-goods.ts';
import type { Cancellation } from './purchase.ts';
import * as orders from './order-store.ts';

interface Deps {
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly ends: Ends;
}

/** CANCELLING -> CANCELLED: the points are back, so are the goods, the member's room under the limit, and the coupon. */
export const restoreGoods =
  ({ clock, outbox, ends }: Deps) =>
  async (trx: Trx, { id, state: { orderId } }: SagaView<Cancellation>): Promise<void> => {
    const order = await orders.lockOrder(trx, { id: orderId });
    if (order?.cancellationId !== id || order.completedAt === undefined)
      throw new Error(`${id} is not the cancellation of order ${orderId}`);
    const { memberId, items, total, version, completedAt } = order;
    const cancelledAt = clock.now();
    await orders.moveOrder(trx, orderId, { from: 'CANCELLING', to: 'CANCELLED', cancelledAt });
    moveGoods(trx, order, 'restored');
    const data = { orderId, memberId, items, total, completedAt, cancelledAt: cancelledAt.toISOString() };
    await outbox.add(trx, eventOf(orderCancelled, { subject: orderId, sequence: version + 1, data }));
    afterCommit(trx, () => ends.announce(id));
  };
