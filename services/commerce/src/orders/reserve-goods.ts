import type { Trx } from '@onsale/shared/db';
import { discountOf } from '../coupons/discount.ts';
import { reserveCoupon } from '../coupons/member-coupon-store.ts';
import { findProducts } from '../products/product-store.ts';
import * as stock from '../stock/stock-store.ts';
import { addQuantities, readQuantities } from './member-quantity-store.ts';
import { judgeAgain, shortagesOf, type OrderDraft } from './order-draft.ts';
import { CouponNotUsable, MemberLimit, OutOfStock } from './order-errors.ts';
import type { NewOrder } from './order-store.ts';

/** Once the order is counted in. @throws MemberLimit */
const assertWithinLimits = async (trx: Trx, { memberId, items }: OrderDraft): Promise<void> => {
  const productIds = items.flatMap(({ productId, limit }) => (limit === undefined ? [] : [productId]));
  if (productIds.length === 0) return;
  const countOf = await readQuantities(trx, { productIds, memberIds: [memberId] });
  for (const { productId, quantity, limit } of items) {
    const counted = countOf({ productId, memberId });
    if (limit !== undefined && counted > limit) throw new MemberLimit({ productId, limit, has: counted - quantity });
  }
};

/** @throws OutOfStock naming all that is short */
const reserveStock = async (trx: Trx, items: OrderDraft['items']): Promise<void> => {
  for (const [index, item] of items.entries()) {
    if (await stock.reserve(trx, item)) continue;
    const rest = items.slice(index); // what comes before it is ours
    const left = await stock.lockStock(
      trx,
      rest.map(({ productId }) => productId),
    );
    throw new OutOfStock(shortagesOf(rest, (productId) => left.get(productId)));
  }
};

/**
 * Reserves what one order wants, in the order of locks: the member's quantities, of products with and without a limit alike, goods with ascending ids, the
 * coupon. A product that an operator has changed meanwhile is judged anew, as the locks may have been waited for. What it throws has to roll the transaction back.
 * @throws MemberLimit, OutOfStock naming all that is short, CouponNotUsable, and what `judgeAgain` throws
 */
export const reserveGoods = async (trx: Trx, draft: OrderDraft): Promise<NewOrder> => {
  const { id, memberId, items, memberCouponId } = draft;
  await addQuantities(
    trx,
    items.map(({ productId, quantity }) => ({ productId, memberId, quantity })),
  );
  await assertWithinLimits(trx, draft);
  await reserveStock(trx, items);
  const products = await findProducts(
    trx,
    items.map(({ productId }) => productId),
  );
  const judged = judgeAgain(draft, products);
  if (judged !== draft) await assertWithinLimits(trx, judged);
  if (memberCouponId === undefined) return { ...judged, discount: 0 };
  const coupon = await reserveCoupon(trx, { memberCouponId, memberId, orderId: id });
  if (coupon === undefined) throw new CouponNotUsable();
  return { ...judged, discount: discountOf(coupon.discount, judged.subtotal), couponId: coupon.couponId };
};
