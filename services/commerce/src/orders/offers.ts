import type { Database } from '@onsale/shared/db';
import { createGather } from '@onsale/shared/gather';
import { bytesToId, idToBytes } from '@onsale/shared/ids';
import { COLUMNS, productOf, type Row } from '../products/product-store.ts';
import type { Stock } from '../stock/stock-store.ts';
import type { Offer } from './order-draft.ts';

/** By one query: most of a stampede asks nothing else of the database. */
const read = async (db: Database, ids: readonly string[]): Promise<ReadonlyMap<string, Offer>> => {
  const rows = await db('products as p')
    .join('stock as s', 's.product_id', 'p.id')
    .whereIn('p.id', ids.map(idToBytes))
    .select<(Row & Stock)[]>(...COLUMNS.map((column) => `p.${column}`), 's.available', 's.reserved', 's.stocked');
  return new Map(
    rows.map(({ available, reserved, stocked, ...row }) => [
      bytesToId(row.id),
      { product: productOf(row), stock: { available, reserved, stocked } },
    ]),
  );
};

/** Orders of up to 50 products each; one look at a time, so that whatever comes takes one connection at most. */
const LIMITS = { maxBatch: 100, maxInFlight: 1, maxWaiting: 5000, waitMs: 3000 };

/**
 * Reads products with their stock of the moment, without a lock. All who ask in one turn, or while a look is under way, share the query of the next one.
 * The answer may have more than was asked for.
 * @throws Refusal OVERLOADED when too many wait
 */
export const createOffers = ({ db }: { db: Database }): ((ids: readonly string[]) => Promise<ReadonlyMap<string, Offer>>) =>
  createGather<readonly string[], ReadonlyMap<string, Offer>>({
    ...LIMITS,
    monotonic: () => performance.now(),
    ask: async (asked) => {
      const offers = await read(db, [...new Set(asked.flat())]);
      return asked.map(() => offers);
    },
  });
