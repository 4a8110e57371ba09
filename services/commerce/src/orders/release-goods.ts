import type { Trx } from '@onsale/shared/db';
import type { SagaView } from '@onsale/shared/saga';
import { moveGoods } from './move-goods.ts';
import type { Purchase } from './purchase.ts';
import * as orders from './order-store.ts';

/** What a PENDING order has reserved is free again: goods, the member's room under the limit, and the coupon. @throws Error when it is not PENDING */
export const releaseGoods =
  () =>
  async (trx: Trx, { id }: SagaView<Purchase>): Promise<void> => {
    const order = await orders.lockOrder(trx, { id });
    if (order?.status !== 'PENDING') throw new Error(`order ${id} is not PENDING`);
    moveGoods(trx, order, 'released');
  };
