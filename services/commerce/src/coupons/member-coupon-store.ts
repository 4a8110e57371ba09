import type { Discount } from '@onsale/contracts/commerce';
import type { Trx } from '@onsale/shared/db';
import { bytesToId, idToBytes } from '@onsale/shared/ids';
import { discountIn, type DiscountColumns } from './coupon-store.ts';

/** A member's coupon and the order that has to do with it: nothing is done to one that another order has. */
interface OfOrder {
  readonly memberCouponId: string;
  readonly orderId: string;
}

/** What an order may take off with the coupon that it has reserved. */
export interface ReservedCoupon {
  readonly couponId: string;
  readonly discount: Discount;
}

type Status = 'ISSUED' | 'RESERVED' | 'USED';

const move = async (trx: Trx, { memberCouponId, orderId }: OfOrder, from: Status, to: Status): Promise<boolean> => {
  const changed = await trx('member_coupons')
    .where({ id: idToBytes(memberCouponId), order_id: idToBytes(orderId), status: from })
    .update({ status: to, order_id: to === 'ISSUED' ? null : idToBytes(orderId) });
  return changed === 1;
};

/**
 * ISSUED -> RESERVED for the order, and what it takes off. `undefined`, and nothing changed, for a coupon that is not the member's, reserved or used,
 * or no longer valid by the database's clock: COUPON_NOT_USABLE. The coupon's own row is not locked, for it may be the hottest one there is.
 */
export const reserveCoupon = async (
  trx: Trx,
  { memberCouponId, memberId, orderId }: OfOrder & { readonly memberId: string },
): Promise<ReservedCoupon | undefined> => {
  const usable: (DiscountColumns & { coupon_id: Buffer }) | undefined = await trx('member_coupons AS m')
    .join('coupons AS c', 'c.id', 'm.coupon_id')
    .where({ 'm.id': idToBytes(memberCouponId), 'm.member_id': idToBytes(memberId), 'm.status': 'ISSUED' satisfies Status })
    .where('c.valid_until', '>', trx.raw('NOW(3)'))
    .first('m.coupon_id', 'c.discount_type', 'c.discount_value', 'c.discount_max');
  if (usable === undefined) return undefined;
  const changed = await trx('member_coupons')
    .where({ id: idToBytes(memberCouponId), status: 'ISSUED' satisfies Status })
    .update({ status: 'RESERVED' satisfies Status, order_id: idToBytes(orderId) });
  return changed === 1 ? { couponId: bytesToId(usable.coupon_id), discount: discountIn(usable) } : undefined;
};

/** RESERVED by this order -> ISSUED: the undo of `reserveCoupon`. False, and nothing changed, when it was not this order's. */
export const releaseCoupon = (trx: Trx, coupon: OfOrder): Promise<boolean> => move(trx, coupon, 'RESERVED', 'ISSUED');

/** RESERVED by this order -> USED. False, and nothing changed, when it was not this order's. */
export const useCoupon = (trx: Trx, coupon: OfOrder): Promise<boolean> => move(trx, coupon, 'RESERVED', 'USED');

/** USED by this order -> ISSUED, for an order that is cancelled. False, and nothing changed, when it was not this order's. */
export const restoreCoupon = (trx: Trx, coupon: OfOrder): Promise<boolean> => move(trx, coupon, 'USED', 'ISSUED');
