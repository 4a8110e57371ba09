import type { Discount } from '@onsale/contracts/commerce';

/** A percentage, rounded down; in two parts, so that no product leaves the safe integers. */
const percentOf = (points: number, percent: number): number =>
  Math.floor(points / 100) * percent + Math.floor(((points % 100) * percent) / 100);

/**
 * What a coupon takes off a subtotal: points from 0 to the subtotal, so that nothing ever costs less than nothing. A percentage is rounded down, and
 * no more than its `max`. @throws RangeError when the subtotal is not a safe integer from 0 on
 */
export const discountOf = (discount: Discount, subtotal: number): number => {
  if (!Number.isSafeInteger(subtotal) || subtotal < 0) throw new RangeError(`${subtotal} is no subtotal`);
  switch (discount.type) {
    case 'PERCENT':
      return Math.min(percentOf(subtotal, discount.value), discount.max ?? subtotal);
    case 'AMOUNT':
      return Math.min(discount.value, subtotal);
  }
};
