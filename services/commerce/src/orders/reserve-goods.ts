import type { Trx } from '@onsale/shared/db';
import { discountOf } from '../coupons/discount.ts';
import { reserveCoupon } from '../coupons/member-coupon-store.ts';
import * as stock from '../stock/stock-store.ts';
import { addQuantities, lockQuantities } from './member-quantity-store.ts';
import { shortagesOf, type OrderDraft } from './order-draft.ts';
import { CouponNotUsable, MemberLimit, OutOfStock } from './order-errors.ts';
import type { NewOrder } from './order-store.ts';

/**
 * Reserves what one order wants, in the order of locks: the member's quantities, goods with ascending ids, the coupon. What it throws has to roll
 * the transaction back.
 * @throws MemberLimit, OutOfStock naming all that is short, CouponNotUsable
 */
export const reserveGoods = async (trx: Trx, draft: OrderDraft): Promise<NewOrder> => {
  const { id, memberId, items, subtotal, memberCouponId } = draft;
  for (const { productId, quantity, limit } of items) {
    if (limit === undefined) continue;
    const has = (await lockQuantities(trx, { productId, memberIds: [memberId] })).get(memberId) ?? 0;
    if (has + quantity > limit) throw new MemberLimit({ productId, limit, has });
  }
  await addQuantities(
    trx,
    items.map(({ productId, quantity }) => ({ productId, memberId, quantity })),
  );
  for (const [index, item] of items.entries()) {
    if (await stock.reserve(trx, item)) continue;
    const rest = items.slice(index); // what comes before it is ours
    const left = await stock.lockStock(
      trx,
      rest.map(({ productId }) => productId),
    );
    throw new OutOfStock(shortagesOf(rest, (productId) => left.get(productId)));
  }
  if (memberCouponId === undefined) return { ...draft, discount: 0 };
  const coupon = await reserveCoupon(trx, { memberCouponId, memberId, orderId: id });
  if (coupon === undefined) throw new CouponNotUsable();
  return { ...draft, discount: discountOf(coupon.discount, subtotal), couponId: coupon.couponId };
};
