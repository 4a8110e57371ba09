import type { Discount } from '@onsale/contracts/commerce';

/** A discount as the coupons' table has it. */
export interface DiscountColumns {
  readonly discount_type: Discount['type'];
  readonly discount_value: number;
  readonly discount_max: number | null;
}

export const discountIn = ({ discount_type: type, discount_value: value, discount_max: max }: DiscountColumns): Discount => {
  switch (type) {
    case 'PERCENT':
      return { type, value, ...(max !== null && { max }) };
    case 'AMOUNT':
      return { type, value };
  }
};
