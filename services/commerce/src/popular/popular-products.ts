import type { PopularProducts } from '@onsale/contracts/commerce';
import type { Database } from '@onsale/shared/db';
import type { Clock } from '@onsale/shared/ids';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import { isRedisAway } from '@onsale/shared/redis';
import { findProducts, type ProductRow } from '../products/product-store.ts';
import { viewOf, withStock } from '../products/product-view.ts';
import type { Ranking, Sold } from './ranking.ts';
import { soldBetween } from './sales-store.ts';
import { firstHourOf, hourOf, PLACES, startOf } from './window.ts';

/** Candidates that are looked at together: some of the best may be off sale. */
const PAGE = 20;
/** An answer is given again for so long. The database adds up three days of orders for one, so it is asked seldom: that is the bound on its load. */
const FRESH_MS = 1_000;
const FROM_DATABASE_MS = 10_000;
/** And for so many times as long as the database took: a slow one is asked for a sixth of the time at most. */
const RESTS = 5;
/** Beyond that, while the next look is under way or fails, for so long. */
const STALE_MS = 60_000;

interface Deps {
  readonly db: Database;
  readonly ranking: Ranking;
  readonly clock: Clock;
}

type Candidates = (skip: number) => Promise<readonly Sold[]>;

/** The best candidates that are on sale, as everybody sees them. */
const answerOf = async (db: Database, from: number, candidates: Candidates): Promise<PopularProducts> => {
  const best: { product: ProductRow; quantity: number }[] = [];
  for (let skip = 0; best.length < PLACES; skip += PAGE) {
    const page = await candidates(skip);
    const products = await findProducts(db, page.map(({ productId }) => productId)); // prettier-ignore
    for (const { productId, quantity } of page) {
      const product = products.get(productId);
      if (product?.onSale === true) best.push({ product, quantity });
    }
    if (page.length < PAGE) break;
  }
  const shown = best.slice(0, PLACES);
  const views = await withStock(db, shown.map(({ product }) => product), viewOf); // prettier-ignore
  return { since: startOf(from).toISOString(), items: views.map((view, n) => ({ ...view, sold: shown[n]!.quantity })) };
};

/** What Redis knows; undefined when it knows nothing: there is no ranking, or none that can be trusted. @throws what Redis throws */
export const popularInRedis =
  ({ db, ranking, clock }: Deps) =>
  async (): Promise<PopularProducts | undefined> => {
    const from = firstHourOf(clock.now());
    let reading = await ranking.read({ from, skip: 0, limit: PAGE });
    if (reading.is === 'behind') {
      await ranking.roll(from);
      reading = await ranking.read({ from, skip: 0, limit: PAGE });
    }
    if (reading.is !== 'read') return undefined;
    const first = reading;
    return answerOf(db, first.from, async (skip) => {
      if (skip === 0) return first.sold;
      const next = await ranking.read({ from: first.from, skip, limit: PAGE });
      return next.is === 'read' ? next.sold : [];
    });
  };

/** Most first; those alike by id from the highest, so the newer product first: as Redis sorts them. */
const byQuantity = (a: Sold, b: Sold): number => b.quantity - a.quantity || (a.productId < b.productId ? 1 : -1);

/** The same from the orders themselves. */
export const popularInDatabase =
  ({ db, clock }: Omit<Deps, 'ranking'>) =>
  async (): Promise<PopularProducts> => {
    const now = clock.now();
    const from = firstHourOf(now);
    const sums = new Map<string, number>();
    // to the end of the next hour: the clock of the replica that completed an order may be ahead
    for await (const slice of soldBetween(db, { since: startOf(from), before: startOf(hourOf(now) + 2) }))
      for (const { productId, quantity } of slice) sums.set(productId, (sums.get(productId) ?? 0) + quantity);
    const sorted = [...sums].map(([productId, quantity]) => ({ productId, quantity })).sort(byQuantity);
    return answerOf(db, from, async (skip) => sorted.slice(skip, skip + PAGE));
  };

interface Options extends Deps {
  /** Has the ranking looked at: it is not there. */
  readonly onLost: () => void;
  readonly log: Log;
  readonly metrics: Metrics;
  /** How long an answer from Redis, and one from the database, is given again. */
  readonly freshMs?: number;
  readonly fromDatabaseMs?: number;
}

/**
 * The most sold products of the last three days that are on sale: from Redis, else from the database. One look at a time in a process, for all who ask; where
 * the last one was of the database, which takes its time, they have its answer meanwhile, for a minute at most.
 */
export const createPopularProducts = (options: Options) => {
  const { onLost, log, metrics, freshMs = FRESH_MS, fromDatabaseMs = FROM_DATABASE_MS } = options;
  const inRedis = popularInRedis(options);
  const inDatabase = popularInDatabase(options);
  const looks = metrics.counter({
    name: 'onsale_popular_looks_total',
    help: 'Looks for the popular products, by where they were found',
    labels: ['from'],
  });
  let kept: { readonly answer: PopularProducts; readonly until: number; readonly staleUntil: number } | undefined;
  let looking: Promise<PopularProducts> | undefined;

  const keep = (answer: PopularProducts, from: 'redis' | 'database', ms: number): PopularProducts => {
    looks.inc({ from });
    const until = performance.now() + ms;
    kept = { answer, until, staleUntil: from === 'redis' ? until : until + STALE_MS };
    return answer;
  };

  const look = async (): Promise<PopularProducts> => {
    const found = await inRedis().catch((error: unknown) => {
      if (isRedisAway(error)) return undefined;
      throw error;
    });
    if (found !== undefined) return keep(found, 'redis', freshMs);
    onLost();
    const began = performance.now();
    const added = await inDatabase();
    return keep(added, 'database', Math.max(fromDatabaseMs, RESTS * (performance.now() - began)));
  };

  return async (): Promise<PopularProducts> => {
    const now = performance.now();
    if (kept !== undefined && now < kept.until) return kept.answer;
    if (looking === undefined) {
      looking = look().finally(() => (looking = undefined));
      looking.catch((error: unknown) => log.warn({ err: error }, 'the popular products could not be looked at'));
    }
    if (kept === undefined || now >= kept.staleUntil) return looking;
    return kept.answer;
  };
};

export type PopularProductsOf = ReturnType<typeof createPopularProducts>;
