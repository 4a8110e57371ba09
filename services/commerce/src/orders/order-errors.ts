import { codes } from '@onsale/contracts';
import type { Order } from '@onsale/contracts/commerce';
import { Refusal, type FieldError } from '@onsale/shared/errors';

/** What was asked of a product, and what there is. */
export interface Shortage {
  readonly productId: string;
  readonly requested: number;
  readonly available: number;
}

export class OutOfStock extends Refusal {
  constructor(shortages: readonly Shortage[]) {
    const each = shortages.map(
      ({ productId, requested, available }) => `${requested} of ${productId} were asked for, ${available} are left`,
    );
    super('OUT_OF_STOCK', `There are not so many: ${each.join('; ')}. Nothing was ordered.`, { extra: { shortages } });
  }
}

/** Unknown products; `errors` points at them. */
export class ProductUnknown extends Refusal {
  constructor(errors: readonly FieldError[]) {
    super('NOT_FOUND', 'There is no such product. Nothing was ordered.', { errors });
  }
}

export class ProductNotOnSale extends Refusal {
  constructor(productIds: readonly string[]) {
    super('PRODUCT_NOT_ON_SALE', 'Not on sale now. Nothing was ordered.', { extra: { productIds } });
  }
}

export class MemberLimit extends Refusal {
  constructor({ productId, limit, has }: { productId: string; limit: number; has: number }) {
    super('MEMBER_LIMIT', `One member may have ${limit} of ${productId}, and you have ${has}. Nothing was ordered.`, {
      extra: { productId, limit, has },
    });
  }
}

export class MixedQueues extends Refusal {
  constructor(queueIds: readonly string[]) {
    super('MIXED_QUEUES', 'These products are sold by different waiting rooms. Order them apart.', { extra: { queueIds } });
  }
}

export class QueueTokenRequired extends Refusal {
  constructor(queueId: string) {
    super('QUEUE_TOKEN_REQUIRED', 'Take a number in the waiting room of this product, and send it as Queue-Token.', { extra: { queueId } });
  }
}

export class QueueWrong extends Refusal {
  constructor(queueId: string) {
    super('QUEUE_WRONG', 'Your queue token is for another queue than the product’s.', { extra: { queueId } });
  }
}

export class OrderTooLarge extends Refusal {
  constructor() {
    super('ORDER_TOO_LARGE', `An order costs ${Number.MAX_SAFE_INTEGER} points at most. Nothing was ordered.`, {
      errors: [{ pointer: '/body/items', detail: 'costs more than can be paid at once' }],
    });
  }
}

export class CouponNotUsable extends Refusal {
  constructor() {
    super('COUPON_NOT_USABLE', 'The coupon is not yours, used, in another order, or its time is over. Nothing was ordered.', {
      errors: [{ pointer: '/body/memberCouponId', detail: 'cannot be used' }],
    });
  }
}

export class AccountClosed extends Refusal {
  constructor() {
    super(
      'ACCOUNT_CLOSED',
      'Your account is being deleted: no order begins, and none is cancelled. If it is not deleted after all, ask again.',
      {
        retryAfterSeconds: 2,
      },
    );
  }
}

/** What a member can do next; for codes that are not here, their title says it all. */
const advice: Partial<Record<NonNullable<Order['code']>, string>> = {
  INSUFFICIENT_POINTS: 'Nothing was taken, and goods and coupon went back. Charge, then order again with a new Idempotency-Key.',
  ACCOUNT_CLOSED:
    'Nothing was taken, and goods and coupon went back. If the account is not deleted after all, order again with a new Idempotency-Key.',
  ORDER_EXPIRED: 'It could not be paid in time. Nothing was taken, and goods and coupon went back. Order again with a new Idempotency-Key.',
  CANCELLED_BY_OPERATOR: 'Nothing was taken, and goods and coupon went back. Order again with a new Idempotency-Key.',
};

/** The problem of an order that has FAILED or EXPIRED, for whoever placed it; it names the order, and what it would have cost. */
export class OrderFailed extends Refusal {
  constructor({ id, total, code = 'INTERNAL' }: Order) {
    super(code, advice[code] ?? `${codes[code].title}. Nothing was taken.`, { extra: { orderId: id, total } });
  }
}

export class OrderNotCancellable extends Refusal {
  constructor({ id, status }: Pick<Order, 'id' | 'status'>) {
    super('ORDER_NOT_CANCELLABLE', `The order is ${status}. Only one that is paid can be cancelled.`, {
      extra: { orderId: id, orderStatus: status },
    });
  }
}

/** The problem of a cancellation that was refused: the order is as it was before. */
export class CancellationFailed extends Refusal {
  constructor({ id, code = 'INTERNAL' }: Order) {
    const why = code === 'BALANCE_TOO_LARGE' ? 'The wallet has no room for the points that would go back.' : `${codes[code].title}.`;
    super(code, `${why} The order is not cancelled.`, { extra: { orderId: id } });
  }
}
