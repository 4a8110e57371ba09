/** What the saga of an order knows; it has the order's id. */
export interface Purchase {
  readonly memberId: string;
  readonly total: number;
}

/** What the saga of a cancellation knows. It has an id of its own, as a cancellation that was refused may be tried again. */
export interface Cancellation extends Purchase {
  readonly orderId: string;
}
