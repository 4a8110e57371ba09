import type { Admission } from '@onsale/shared/auth';
import type { Once } from '@onsale/shared/idempotency';
import type { Clock, NewId } from '@onsale/shared/ids';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import { currentTrace } from '@onsale/shared/tracing';
import type { Quantity } from '../stock/stock-store.ts';
import { createOffers } from './offers.ts';
import { judgeOrder } from './order-draft.ts';
import { placeTogether } from './place-together.ts';
import { writeOrders, type Placed, type WriteOrdersDeps } from './write-orders.ts';

interface Deps extends WriteOrdersDeps {
  readonly clock: Clock;
  readonly newId: NewId;
  /** Of `placeTogether`. */
  readonly together?: number;
  /** Of `placeTogether`. */
  readonly atOnce: number;
  readonly log: Log;
  readonly metrics: Metrics;
}

interface PlaceOrder {
  readonly memberId: string;
  readonly admission: Admission | undefined;
  readonly items: readonly Quantity[];
  readonly memberCouponId: string | undefined;
  readonly once: Once;
}

/**
 * Reserves the goods of an order, writes it and starts its saga, which has its id, in one transaction with its key. What
 * its products were a moment ago is looked at again there: an order is placed by what they are once their locks are had.
 * @throws AccountClosed, ProductUnknown, ProductNotOnSale, MixedQueues, QueueTokenRequired, QueueWrong, OrderTooLarge, MemberLimit, OutOfStock, CouponNotUsable;
 * Refusal QUEUE_NOT_ADMITTED, OVERLOADED
 */
export const placeOrder = ({ clock, newId, ...deps }: Deps) => {
  const offersOf = createOffers(deps);
  const place = placeTogether({ ...deps, write: writeOrders(deps) });
  return async ({ memberId, admission, items, memberCouponId, once }: PlaceOrder): Promise<Placed> => {
    const offers = await offersOf(items.map(({ productId }) => productId));
    const judged = judgeOrder({ items, offers, admission });
    const draft = { id: newId(), memberId, ...judged, ...(memberCouponId === undefined ? {} : { memberCouponId }), at: clock.now() };
    return place({ draft, once, traceparent: currentTrace()?.traceparent });
  };
};
