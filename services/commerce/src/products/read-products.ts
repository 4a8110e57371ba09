import { Id } from '@onsale/contracts';
import type { Product, ProductDetail, ProductSort } from '@onsale/contracts/commerce';
import type { Queryable } from '@onsale/shared/db';
import { notFound } from '@onsale/shared/errors';
import { decodeCursor, pageOf, type Page } from '@onsale/shared/paging';
import { z } from 'zod';
import { listAll, listOnSale } from './product-list-store.ts';
import { findProducts, type ProductRow } from './product-store.ts';
import { detailOf, viewOf, withStock } from './product-view.ts';
import { wordsOf } from './product-words.ts';

interface Asked {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** A cursor belongs to its sort; one of another is refused. */
const After = (sort: ProductSort) => z.tuple([z.literal(sort), Id, sort === 'newest' ? z.null() : sort === 'name' ? z.string() : z.int()]);

const keyOf = (sort: ProductSort, { name, price }: ProductRow): string | number | null =>
  sort === 'newest' ? null : sort === 'name' ? name : price;

/**
 * Products on sale, by page. What is sold out stays in the list with nothing available. A page begins after the last product of the one before, so that what
 * is put on sale meanwhile moves nothing. @throws Refusal VALIDATION_FAILED for a cursor of another list or sort
 */
export const listProducts =
  ({ db }: { db: Queryable }) =>
  async ({ limit, cursor, search, sort }: Asked & { search?: string | undefined; sort: ProductSort }): Promise<Page<Product>> => {
    const found = decodeCursor(After(sort), cursor);
    const after = found && { id: found[1], key: found[2] ?? undefined };
    const words = search === undefined ? [] : wordsOf(search);
    const rows = await listOnSale(db, { sort, words, after, limit: limit + 1 });
    const shown = await withStock(db, rows.slice(0, limit), viewOf);
    const page = pageOf(rows, { limit, keyOf: (row) => [sort, row.id, keyOf(sort, row)], view: (row) => row });
    return { ...page, items: shown };
  };

/** Every product, newest first, by page. @throws Refusal VALIDATION_FAILED for a cursor of another list */
export const listAllProducts =
  ({ db }: { db: Queryable }) =>
  async ({ limit, cursor }: Asked): Promise<Page<ProductDetail>> => {
    const rows = await listAll(db, { before: decodeCursor(Id, cursor), limit: limit + 1 });
    const page = pageOf(rows, { limit, keyOf: ({ id }) => id, view: (row) => row });
    return { ...page, items: await withStock(db, page.items, detailOf) };
  };

const find = async (db: Queryable, id: string): Promise<ProductRow[]> => {
  const product = (await findProducts(db, [id])).get(id);
  if (product === undefined) throw notFound('product');
  return [product];
};

/** One product, on sale or not: whoever has its address may see that it is off sale. @throws Refusal NOT_FOUND */
export const readProduct =
  ({ db }: { db: Queryable }) =>
  async (id: string): Promise<Product> =>
    (await withStock(db, await find(db, id), viewOf))[0]!;

/** One product in full. @throws Refusal NOT_FOUND */
export const readProductDetail =
  ({ db }: { db: Queryable }) =>
  async (id: string): Promise<ProductDetail> =>
    (await withStock(db, await find(db, id), detailOf))[0]!;
