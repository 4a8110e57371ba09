import type { Trx } from '@onsale/shared/db';
import type { SagaView } from '@onsale/shared/saga';
import { releaseCoupon } from '../coupons/member-coupon-store.ts';
import * as stock from '../stock/stock-store.ts';
import { subtractQuantity } from './member-quantity-store.ts';
import type { Purchase } from './purchase.ts';
import * as orders from './order-store.ts';

/** What a PENDING order has reserved is free again: goods, the member's room under the limit, and the coupon. @throws Error when it is not PENDING */
export const releaseGoods =
  () =>
  async (trx: Trx, { id }: SagaView<Purchase>): Promise<void> => {
    const order = await orders.lockOrder(trx, { id });
    if (order?.status !== 'PENDING') throw new Error(`order ${id} is not PENDING`);
    const { memberId, items, memberCouponId } = order;
    for (const { productId, quantity } of items) await subtractQuantity(trx, { productId, memberId, quantity });
    for (const item of items) await stock.release(trx, item);
    if (memberCouponId !== undefined && !(await releaseCoupon(trx, { memberCouponId, orderId: id })))
      throw new Error(`the coupon ${memberCouponId} is not reserved by order ${id}`);
  };
