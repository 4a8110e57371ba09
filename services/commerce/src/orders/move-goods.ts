import { createTail, type Trx } from '@onsale/shared/db';
import { releaseCoupon, restoreCoupon, useCoupon } from '../coupons/member-coupon-store.ts';
import { byProduct, moveStock, type StockMove } from '../stock/stock-store.ts';
import { subtractQuantities, type MemberQuantity } from './member-quantity-store.ts';
import type { StoredOrder } from './order-store.ts';

/**
 * What an order's end does with one of what it has: whether it is available again, is reserved no more, and counts no more under the member's limit; and
 * with its coupon, which says false when it is not in the state that it should be in.
 */
const ENDS = {
  /** PENDING goods go back. */
  released: { frees: 1, unreserves: 1, uncounts: 1, coupon: releaseCoupon },
  /** PENDING goods are paid. */
  sold: { frees: 0, unreserves: 1, uncounts: 0, coupon: useCoupon },
  /** Paid goods go back. */
  restored: { frees: 1, unreserves: 0, uncounts: 1, coupon: restoreCoupon },
} as const;

type EndOfGoods = keyof typeof ENDS;
type OrderedGoods = Pick<StoredOrder, 'id' | 'memberId' | 'items' | 'memberCouponId'>;
type Ended = OrderedGoods & { readonly end: EndOfGoods };

const quantitiesOf = (all: readonly Ended[]): MemberQuantity[] => {
  const sums = new Map<string, MemberQuantity>();
  for (const { memberId, items, end } of all) {
    if (ENDS[end].uncounts === 0) continue;
    for (const { productId, quantity } of items) {
      const key = `${productId} ${memberId}`;
      sums.set(key, { productId, memberId, quantity: quantity + (sums.get(key)?.quantity ?? 0) });
    }
  }
  return [...sums.values()];
};

const stockOf = (all: readonly Ended[]): StockMove[] => {
  const sums = new Map<string, StockMove>();
  for (const { items, end } of all) {
    const { frees, unreserves } = ENDS[end];
    for (const { productId, quantity } of items) {
      const { freed = 0, unreserved = 0 } = sums.get(productId) ?? {};
      sums.set(productId, { productId, freed: freed + frees * quantity, unreserved: unreserved + unreserves * quantity });
    }
  }
  return byProduct([...sums.values()]);
};

const moveCoupon = async (trx: Trx, { id: orderId, memberCouponId, end }: Ended): Promise<void> => {
  if (memberCouponId !== undefined && !(await ENDS[end].coupon(trx, { memberCouponId, orderId })))
    throw new Error(`the coupon ${memberCouponId} cannot be ${end}: it is not as order ${orderId} has left it`);
};

/** Phase by phase in the order of locks, which is that of `reserveGoods`. */
const moveAll = async (trx: Trx, all: readonly Ended[]): Promise<void> => {
  await subtractQuantities(trx, quantitiesOf(all));
  for (const move of stockOf(all)) await moveStock(trx, move);
  const coupon = ({ memberCouponId = '' }: Ended): string => memberCouponId;
  for (const one of all.toSorted((a, b) => (coupon(a) < coupon(b) ? -1 : 1))) await moveCoupon(trx, one);
};

const atTheEnd = createTail<Ended>({ write: moveAll });

/**
 * Has goods and coupon of an order, whose row the caller has locked and moved, go where its end sends them, at the end of the transaction: replies share
 * one (`inGroups`), and whoever moved goods as each comes would lock rows of stock in any order, against placements and other groups. So a product that
 * many orders have is written once, too. What does not fit (fewer are reserved, or counted; a coupon is not this order's) rolls the transaction back.
 */
export const moveGoods = (trx: Trx, order: OrderedGoods, end: EndOfGoods): void => atTheEnd(trx, { ...order, end });
