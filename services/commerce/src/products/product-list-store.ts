import type { ProductSort } from '@onsale/contracts/commerce';
import type { Queryable } from '@onsale/shared/db';
import { idToBytes } from '@onsale/shared/ids';
import { COLUMNS, productOf, type ProductRow, type Row } from './product-store.ts';

/** Where the page before ended: the last product's id, and what it was sorted by. */
export interface After {
  readonly id: string;
  readonly key?: string | number | undefined;
}

interface OnSaleQuery {
  readonly sort: ProductSort;
  /** Beginnings of words that a name must have, all of them. */
  readonly words: readonly string[];
  readonly after: After | undefined;
  readonly limit: number;
}

const orders = {
  newest: { column: 'id', direction: 'desc', index: 'products_on_sale' },
  name: { column: 'name', direction: 'asc', index: 'products_by_name' },
  price: { column: 'price', direction: 'asc', index: 'products_by_price' },
  '-price': { column: 'price', direction: 'desc', index: 'products_by_price' },
} as const satisfies Record<ProductSort, { column: string; direction: 'asc' | 'desc'; index: string }>;

/** Products on sale in the order of the sort, those alike by id; at most `limit`. */
export const listOnSale = async (db: Queryable, { sort, words, after, limit }: OnSaleQuery): Promise<ProductRow[]> => {
  const { column, direction, index } = orders[sort];
  // named, as MariaDB else looks up what is on sale and walks over all that comes before the page; a search may better begin with its words
  const rows = db(words.length > 0 ? 'products as p' : db.raw(`products AS p FORCE INDEX (${index})`))
    .where('p.on_sale', true)
    .orderBy(
      column === 'id' ? [{ column: 'p.id', order: direction }] : [column, 'id'].map((name) => ({ column: `p.${name}`, order: direction })),
    )
    .limit(limit)
    .select<Row[]>(COLUMNS.map((name) => `p.${name}`));
  // letters and digits alone, so nothing in them is a wildcard
  for (const word of words)
    void rows.whereExists(db('product_words as w').whereRaw('w.product_id = p.id').where('w.word', 'like', `${word}%`));
  if (after !== undefined) {
    const beyond = direction === 'asc' ? '>' : '<';
    const { id, key } = after;
    if (key === undefined) void rows.where('p.id', beyond, idToBytes(id));
    // the first condition alone bounds the index scan; a row comparison would not, on MariaDB
    else void rows.where(`p.${column}`, `${beyond}=`, key).whereRaw(`(p.${column} ${beyond} ? OR p.id ${beyond} ?)`, [key, idToBytes(id)]);
  }
  return (await rows).map(productOf);
};

/** All products below an id, newest first; at most `limit`. */
export const listAll = async (db: Queryable, { before, limit }: { before: string | undefined; limit: number }): Promise<ProductRow[]> => {
  const rows = db('products').orderBy('id', 'desc').limit(limit).select<Row[]>(COLUMNS);
  if (before !== undefined) void rows.where('id', '<', idToBytes(before));
  return (await rows).map(productOf);
};
