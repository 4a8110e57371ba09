import type { Admission } from '@onsale/shared/auth';

/** The number of a waiting room by which an order came. */
export type CameBy = Pick<Admission, 'queueId' | 'number'>;

/** What the saga of an order knows; it has the order's id. */
export interface Purchase {
  readonly memberId: string;
  readonly total: number;
  /** Where the goods have a waiting room. */
  readonly cameBy?: CameBy;
}

interface NewPurchase extends Omit<Purchase, 'total' | 'cameBy'> {
  readonly cameBy?: CameBy | undefined;
  readonly subtotal: number;
  readonly discount: number;
}

/** The state that the saga of a new order begins with. */
export const purchaseOf = ({ memberId, subtotal, discount, cameBy }: NewPurchase): Purchase => ({
  memberId,
  total: subtotal - discount,
  ...(cameBy === undefined ? {} : { cameBy }),
});

/** What the saga of a cancellation knows. It has an id of its own, as a cancellation that was refused may be tried again. */
export interface Cancellation extends Omit<Purchase, 'cameBy'> {
  readonly orderId: string;
}
