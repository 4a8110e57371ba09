import { isDuplicate, isEngineAway, isLockWait, isOverloaded, isRetriable, isStatementTimeout } from '@onsale/shared/db';
import { createGather } from '@onsale/shared/gather';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import { isSimple, productOf, type SimpleDraft } from './reserve-together.ts';
import type { KeyedDraft, Placed, writeOrders } from './write-orders.ts';

/** Orders that go into one transaction, at most: its locks are had for that long. */
const TOGETHER = 200;
/** How many may wait, of one product and of all, and how long, for those before them: longer than these may wait for a row that turns out to be held. */
const SHARED = { maxWaiting: 20_000, waitMs: 5000 };
const OF_A_PRODUCT = 5000;
/** So long a product whose orders could not share a transaction with others' shares none, so that a row that is held keeps no other product's orders. */
const APART_MS = 10_000;
/** The same of orders that have a transaction to themselves. */
const ALONE = { maxBatch: 1, maxWaiting: 1000, waitMs: 3000 };

interface Deps {
  readonly write: ReturnType<typeof writeOrders>;
  /** Orders in one transaction, at most; with 1, each waits for the row alone. */
  readonly together?: number;
  /** Transactions that are under way at a time, of many orders and of one: each has a connection, also while it waits for a row that many want. */
  readonly atOnce: number;
  readonly log: Log;
  readonly metrics: Metrics;
}

type Simple = KeyedDraft<SimpleDraft>;
type Settled = { readonly placed: Placed } | { readonly error: unknown };
/** To be asked once more: its product goes apart from now on. */
const AGAIN = 'again';

const settled = (placing: Promise<Placed>): Promise<Settled> =>
  placing.then(
    (placed) => ({ placed }),
    (error: unknown) => ({ error }),
  );

const opened = (came: Settled): Placed => {
  if ('error' in came) throw came.error;
  return came.placed;
};

/** What would befall each of them alone too: not worth a transaction each. */
const isOfAll = (error: unknown): boolean => isEngineAway(error) || isOverloaded(error);

const reasonOf = (error: unknown): 'key' | 'lock' | 'other' => (isDuplicate(error) ? 'key' : isRetriable(error) ? 'lock' : 'other');

const productsOf = (all: readonly Simple[]): string[] => [...new Set(all.map(({ draft }) => productOf(draft)))];

/** Products that go apart, each until its time is over. */
const createApart = (monotonic: () => number) => {
  const until = new Map<string, number>();
  return {
    has: (productId: string): boolean => (until.get(productId) ?? -Infinity) > monotonic(),
    add: (productIds: readonly string[]): void => {
      const now = monotonic();
      for (const [id, end] of until) if (end <= now) until.delete(id);
      for (const id of productIds) until.set(id, now + APART_MS);
    },
    delete: (productId: string): void => void until.delete(productId),
  };
};

/**
 * Places orders: those that come while others are being placed share the next transaction, each with its own key and its own answer. A product is in one of
 * these transactions at a time. When one fails for a lock, the products whose rows are held then (all of them, if none is) have transactions of their own for a
 * while, or until one succeeds, and leave a transaction at a time to the others, so that rows that are held keep their own products' orders only. When one of
 * those waits in vain for its row, or takes too long, its orders are told so; when it fails otherwise, each order is placed alone. One whose key is known is answered by it; where
 * the database is away or overrun, all are told so. Orders of several products, or with a coupon, are placed alone, so many at once.
 * @throws what `writeOrders` throws; Refusal OVERLOADED when too many wait, or one has waited too long
 */
export const placeTogether = ({ write, together = TOGETHER, atOnce, log, metrics }: Deps) => {
  const monotonic = (): number => performance.now();
  const sizes = metrics.histogram({
    name: 'onsale_orders_together',
    help: 'Orders that shared a transaction',
    labels: [],
    buckets: [1, 2, 5, 10, 20, 50, 100, 200],
  });
  const apart = createApart(monotonic);
  const tornApart = metrics.counter({
    name: 'onsale_orders_apart_total',
    help: 'Transactions of orders that were given up, and their orders placed product by product, or alone, or told so: a key was known, a lock was lost, or else',
    labels: ['reason'],
  });

  const turn = createGather<KeyedDraft, Settled>({
    ...ALONE,
    maxInFlight: atOnce,
    monotonic,
    ask: (all) => Promise.all(all.map((one) => settled(write.alone(one)))),
  });
  const alone = async (one: KeyedDraft): Promise<Placed> => opened(await turn(one));

  const sharing = async (all: readonly Simple[]): Promise<Settled[]> => {
    const refused = await write.together(all);
    sizes.observe({}, all.length);
    const [only, another] = productsOf(all);
    if (only !== undefined && another === undefined) apart.delete(only); // its row was had
    return all.map(({ draft }) => (refused.has(draft.id) ? { error: refused.get(draft.id) } : { placed: { orderId: draft.id } }));
  };

  const eachAlone = (all: readonly Simple[]): Promise<Settled[]> => Promise.all(all.map((one) => settled(alone(one))));

  /** Those whose key is known are answered by it; the rest is settled without them. */
  const withoutKnown = async (all: readonly Simple[]): Promise<(Settled | typeof AGAIN)[]> => {
    const known = await write.known(all);
    const fresh = all.filter(({ draft }) => !known.has(draft.id));
    if (known.size === 0 || fresh.length === 0) return eachAlone(all);
    const [placed, kept] = await Promise.all([
      settle(fresh).catch((error: unknown) => fresh.map(() => ({ error }))),
      eachAlone(all.filter(({ draft }) => known.has(draft.id))),
    ]);
    const [ofFresh, ofKnown] = [placed.values(), kept.values()];
    return all.map(({ draft }) => (known.has(draft.id) ? ofKnown : ofFresh).next().value!);
  };

  const settle = async (all: readonly Simple[]): Promise<(Settled | typeof AGAIN)[]> => {
    try {
      return await sharing(all);
    } catch (error) {
      if (isOfAll(error)) throw error;
      const productIds = productsOf(all);
      const reason = reasonOf(error);
      tornApart.inc({ reason });
      log[reason === 'key' ? 'debug' : 'warn']({ err: error, productIds, orders: all.length }, 'orders could not share a transaction');
      if (reason === 'key') return withoutKnown(all);
      const held = await write.held(productIds).catch(() => []); // the first error is the one to tell
      if (productIds.length > 1) {
        apart.add(held.length > 0 ? held : productIds);
        return all.map(() => AGAIN);
      }
      apart.add(held);
      if (isStatementTimeout(error) || (isLockWait(error) && held.length > 0)) throw error; // each alone would wait for the same
      return eachAlone(all);
    }
  };
  const gather = createGather<Simple, Settled | typeof AGAIN>({
    ...SHARED,
    maxBatch: together,
    maxInFlight: atOnce,
    keys: { of: ({ draft }) => productOf(draft), maxWaiting: OF_A_PRODUCT, isApart: apart.has, maxApart: Math.max(1, atOnce - 1) },
    ask: settle,
    monotonic,
  });

  const shared = async (one: Simple): Promise<Placed> => {
    for (;;) {
      const came = await gather(one);
      if (came !== AGAIN) return opened(came);
    }
  };

  return async ({ draft, ...keyed }: KeyedDraft): Promise<Placed> =>
    isSimple(draft) ? shared({ ...keyed, draft }) : alone({ ...keyed, draft });
};
