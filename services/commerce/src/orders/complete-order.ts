import { orderCompleted } from '@onsale/contracts/commerce';
import { afterCommit, type Trx } from '@onsale/shared/db';
import type { Clock } from '@onsale/shared/ids';
import { eventOf, type Outbox } from '@onsale/shared/outbox';
import type { Ends, SagaView } from '@onsale/shared/saga';
import { moveGoods } from './move-goods.ts';
import type { Purchase } from './purchase.ts';
import * as orders from './order-store.ts';

interface Deps {
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly ends: Ends;
}

/** PENDING -> COMPLETED: its points are taken, so its goods are sold and its coupon is used. @throws Error when it is not PENDING */
export const completeOrder =
  ({ clock, outbox, ends }: Deps) =>
  async (trx: Trx, { id }: SagaView<Purchase>): Promise<void> => {
    const order = await orders.lockOrder(trx, { id });
    if (order === undefined) throw new Error(`there is no order ${id}`);
    const { memberId, items, total, version } = order;
    const completedAt = clock.now();
    await orders.moveOrder(trx, id, { from: 'PENDING', to: 'COMPLETED', completedAt });
    moveGoods(trx, order, 'sold');
    const data = { orderId: id, memberId, items, total, completedAt: completedAt.toISOString() };
    await outbox.add(trx, eventOf(orderCompleted, { subject: id, sequence: version + 1, data }));
    afterCommit(trx, () => ends.announce(id));
  };
