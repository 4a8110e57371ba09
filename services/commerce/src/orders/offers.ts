import type { Database } from '@onsale/shared/db';
import { createGather } from '@onsale/shared/gather';
import * as products from '../products/product-store.ts';
import { readStock } from '../stock/stock-store.ts';
import type { Offer } from './order-draft.ts';

/** Orders of up to 50 products each; one look at a time, so that whatever comes takes two connections at most. */
const LIMITS = { maxBatch: 100, maxInFlight: 1, maxWaiting: 5000, waitMs: 3000 };

/**
 * Reads products with their stock of the moment, without a lock. All who ask in one turn, or while a look is under way, share the two queries of the next one.
 * The answer may have more than was asked for.
 * @throws Refusal OVERLOADED when too many wait
 */
export const createOffers = ({ db }: { db: Database }): ((ids: readonly string[]) => Promise<ReadonlyMap<string, Offer>>) =>
  createGather<readonly string[], ReadonlyMap<string, Offer>>({
    ...LIMITS,
    monotonic: () => performance.now(),
    ask: async (asked) => {
      const ids = [...new Set(asked.flat())];
      const [found, stock] = await Promise.all([products.findProducts(db, ids), readStock(db, ids)]);
      const offers = new Map(
        [...found].flatMap(([id, product]): [string, Offer][] => (stock.has(id) ? [[id, { product, stock: stock.get(id)! }]] : [])),
      );
      return asked.map(() => offers);
    },
  });
