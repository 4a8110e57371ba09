import { isDuplicate, isEngineAway, isOverloaded, isRetriable, isStatementTimeout } from '@onsale/shared/db';
import { createGather } from '@onsale/shared/gather';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import { isSimple, productOf, type SimpleDraft } from './reserve-together.ts';
import type { KeyedDraft, Placed, writeOrders } from './write-orders.ts';

/** Orders that go into one transaction, at most: its locks are had for that long. */
const TOGETHER = 200;
/** How many may wait, and how long, for those before them. */
const SHARED = { maxWaiting: 5000, waitMs: 3000 };
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

type Settled = { readonly placed: Placed } | { readonly error: unknown };

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
const isOfAll = (error: unknown): boolean => isEngineAway(error) || isOverloaded(error) || isStatementTimeout(error);

const reasonOf = (error: unknown): 'key' | 'lock' | 'other' => (isDuplicate(error) ? 'key' : isRetriable(error) ? 'lock' : 'other');

/**
 * Places orders: those that come while others are being placed share the next transaction, each with its own key and its own answer. A product is in one
 * of these transactions at a time, so one whose row is waited for keeps nobody else waiting for long. What goes wrong there for one has each placed alone;
 * where the database is away or overrun, all are told so. Orders of several products, or with a coupon, are placed alone, so many at once.
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
  const apart = metrics.counter({
    name: 'onsale_orders_apart_total',
    help: 'Transactions of many orders that were given up, and each order placed alone: a key was known, a lock was lost, or else',
    labels: ['reason'],
  });

  const turn = createGather<KeyedDraft, Settled>({
    ...ALONE,
    maxInFlight: atOnce,
    monotonic,
    ask: (all) => Promise.all(all.map((one) => settled(write.alone(one)))),
  });
  const alone = async (one: KeyedDraft): Promise<Placed> => opened(await turn(one));

  const sharing = async (all: readonly KeyedDraft<SimpleDraft>[]): Promise<Settled[]> => {
    const refused = await write.together(all);
    sizes.observe({}, all.length);
    return all.map(({ draft }) => (refused.has(draft.id) ? { error: refused.get(draft.id) } : { placed: { orderId: draft.id } }));
  };

  const settle = async (all: readonly KeyedDraft<SimpleDraft>[]): Promise<Settled[]> => {
    const [only] = all;
    if (only !== undefined && all.length === 1) {
      const came = await settled(write.alone(only)); // this is its turn
      if ('placed' in came) sizes.observe({}, 1);
      return [came];
    }
    try {
      return await sharing(all);
    } catch (error) {
      if (isOfAll(error)) throw error;
      const reason = reasonOf(error);
      apart.inc({ reason });
      log[reason === 'key' ? 'debug' : 'warn']({ err: error, orders: all.length }, 'orders could not share a transaction');
      return Promise.all(all.map((one) => settled(alone(one))));
    }
  };
  const gather = createGather<KeyedDraft<SimpleDraft>, Settled>({
    ...SHARED,
    maxBatch: together,
    maxInFlight: atOnce,
    keyOf: (one) => productOf(one.draft),
    ask: settle,
    monotonic,
  });

  return async ({ draft, ...keyed }: KeyedDraft): Promise<Placed> =>
    isSimple(draft) ? opened(await gather({ ...keyed, draft })) : alone({ ...keyed, draft });
};
