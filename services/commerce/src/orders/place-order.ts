import type { Admission } from '@onsale/shared/auth';
import type { Database } from '@onsale/shared/db';
import { createKeyedGather } from '@onsale/shared/gather';
import type { Once } from '@onsale/shared/idempotency';
import type { Clock, NewId } from '@onsale/shared/ids';
import type { Metrics } from '@onsale/shared/metrics';
import { currentTrace } from '@onsale/shared/tracing';
import * as products from '../products/product-store.ts';
import { readStock, type Quantity } from '../stock/stock-store.ts';
import { judgeOrder, type Offer } from './order-draft.ts';
import { isSimple, type SimpleDraft } from './reserve-together.ts';
import { writeOrders, type KeyedDraft, type Placed, type WriteOrdersDeps } from './write-orders.ts';

/** Orders of one product that go into one transaction, at most: its locks are had for that long. */
const TOGETHER = 200;
/** Products that are ordered at one moment, and how many may wait, and how long, for those before them. */
const LIMITS = { maxKeys: 1000, maxInFlight: 1, maxWaiting: 5000, waitMs: 3000 };

interface Deps extends WriteOrdersDeps {
  readonly clock: Clock;
  readonly newId: NewId;
  readonly metrics: Metrics;
  /** Orders of one product in one transaction, at most; with 1, each waits for the row alone. */
  readonly together?: number;
}

interface PlaceOrder {
  readonly memberId: string;
  readonly admission: Admission | undefined;
  readonly items: readonly Quantity[];
  readonly memberCouponId: string | undefined;
  readonly once: Once;
}

type Settled = { readonly placed: Placed } | { readonly error: unknown };

const settled = (placing: Promise<Placed>): Promise<Settled> =>
  placing.then(
    (placed) => ({ placed }),
    (error: unknown) => ({ error }),
  );

const readOffers = async (db: Database, ids: readonly string[]): Promise<ReadonlyMap<string, Offer>> => {
  const [found, stock] = await Promise.all([products.findProducts(db, ids), readStock(db, ids)]);
  return new Map([...found].flatMap(([id, product]) => (stock.has(id) ? [[id, { product, stock: stock.get(id)! }]] : [])));
};

/**
 * Reserves the goods of an order, writes it and starts its saga, which has its id, in one transaction with its key. Orders of one product that come while
 * others of it are being placed share the next transaction, each with its own key and its own answer; whatever goes wrong there, each is tried alone.
 * @throws AccountClosed, ProductUnknown, ProductNotOnSale, MixedQueues, QueueTokenRequired, QueueWrong, OrderTooLarge, MemberLimit, OutOfStock, CouponNotUsable;
 * Refusal QUEUE_NOT_ADMITTED, OVERLOADED
 */
export const placeOrder = ({ clock, newId, metrics, together = TOGETHER, ...deps }: Deps) => {
  const { db } = deps;
  const write = writeOrders(deps);
  const sizes = metrics.histogram({
    name: 'onsale_orders_together',
    help: 'Orders of one product that shared a transaction',
    labels: [],
    buckets: [1, 2, 5, 10, 20, 50, 100, 200],
  });

  const settle = async (productId: string, all: readonly KeyedDraft<SimpleDraft>[]): Promise<Settled[]> => {
    sizes.observe({}, all.length);
    if (all.length > 1) {
      try {
        const refused = await write.together(productId, all);
        return all.map(({ draft }) => (refused.has(draft.id) ? { error: refused.get(draft.id) } : { placed: { orderId: draft.id } }));
      } catch {
        // each alone: some say why they cannot be, the others are placed
      }
    }
    return Promise.all(all.map((one) => settled(write.alone(one))));
  };
  const gather = createKeyedGather({ ...LIMITS, maxBatch: together, ask: settle, monotonic: () => performance.now() });

  const withOthers = async (one: KeyedDraft<SimpleDraft>): Promise<Placed> => {
    const came = await gather(one.draft.items[0].productId, one);
    if ('error' in came) throw came.error;
    return came.placed;
  };

  return async ({ memberId, admission, items, memberCouponId, once }: PlaceOrder): Promise<Placed> => {
    const offers = await readOffers(
      db,
      items.map(({ productId }) => productId),
    );
    const priced = judgeOrder({ items, offers, admission });
    const draft = { id: newId(), memberId, ...priced, ...(memberCouponId === undefined ? {} : { memberCouponId }), at: clock.now() };
    const keyed = { draft, once, traceparent: currentTrace()?.traceparent };
    return isSimple(draft) ? withOthers({ ...keyed, draft }) : write.alone(keyed);
  };
};
