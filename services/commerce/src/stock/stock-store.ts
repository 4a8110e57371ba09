import type { Queryable, Trx } from '@onsale/shared/db';
import { bytesToId, idToBytes } from '@onsale/shared/ids';

/** So many of a product. */
export interface Quantity {
  readonly productId: string;
  readonly quantity: number;
}

export interface Stock {
  /** Free to be ordered. */
  readonly available: number;
  /** In orders that are not paid yet. */
  readonly reserved: number;
  /** All that ever came in: what is available, reserved and sold. */
  readonly stocked: number;
}

interface Row extends Stock {
  readonly product_id: Buffer;
}

/** The order in which rows of stock are locked, everywhere. */
export const byProduct = <T extends Pick<Quantity, 'productId'>>(items: readonly T[]): T[] =>
  items.toSorted((a, b) => (a.productId < b.productId ? -1 : a.productId > b.productId ? 1 : 0));

/** Makes the row of a new product. */
export const insertStock = async (trx: Trx, { productId, quantity }: Quantity): Promise<void> => {
  await trx('stock').insert({ product_id: idToBytes(productId), available: quantity, reserved: 0, stocked: quantity });
};

/** More of a product has come in; a negative quantity takes free ones out. False, and nothing changed, when fewer are free. */
export const restock = async (trx: Trx, { productId, quantity }: Quantity): Promise<boolean> => {
  const changed = await trx('stock')
    .where('product_id', idToBytes(productId))
    .whereRaw('available + ? >= 0', [quantity])
    .whereRaw('stocked + ? <= ?', [quantity, Number.MAX_SAFE_INTEGER])
    .update({ available: trx.raw('available + ?', [quantity]), stocked: trx.raw('stocked + ?', [quantity]) });
  return changed === 1;
};

/** available -> reserved, where there are so many: one conditional UPDATE decides among all who want it. False, and nothing changed, when it is short. */
export const reserve = async (trx: Trx, { productId, quantity }: Quantity): Promise<boolean> => {
  const changed = await trx('stock')
    .where('product_id', idToBytes(productId))
    .where('available', '>=', quantity)
    .update({ available: trx.raw('available - ?', [quantity]), reserved: trx.raw('reserved + ?', [quantity]) });
  return changed === 1;
};

/** What ended orders change in the stock of a product. */
export interface StockMove {
  readonly productId: string;
  /** So many are available again. */
  readonly freed: number;
  /** So many are not reserved any more: they are available again, or sold. */
  readonly unreserved: number;
}

/** Changes one row; that it may be changed, the state of the orders has said. @throws Error where so many are not reserved */
export const moveStock = async (trx: Trx, { productId, freed, unreserved }: StockMove): Promise<void> => {
  const changed = await trx('stock')
    .where('product_id', idToBytes(productId))
    .where('reserved', '>=', unreserved)
    .update({ available: trx.raw('available + ?', [freed]), reserved: trx.raw('reserved - ?', [unreserved]) });
  if (changed !== 1) throw new Error(`product ${productId} has fewer than ${unreserved} reserved`);
};

const select = (db: Queryable, productIds: readonly string[]) =>
  db('stock').whereIn('product_id', productIds.map(idToBytes)).select('product_id', 'available', 'reserved', 'stocked');

const stockOf = (rows: readonly Row[]): ReadonlyMap<string, Stock> =>
  new Map(rows.map(({ product_id, available, reserved, stocked }) => [bytesToId(product_id), { available, reserved, stocked }]));

/** The stock of those of the products that there are, by id; locks nothing. */
export const readStock = async (db: Queryable, productIds: readonly string[]): Promise<ReadonlyMap<string, Stock>> =>
  stockOf((await select(db, productIds)) as Row[]);

/** As `readStock`, as it is now; nobody else changes it until the transaction ends. */
export const lockStock = async (trx: Trx, productIds: readonly string[]): Promise<ReadonlyMap<string, Stock>> =>
  stockOf((await select(trx, productIds).orderBy('product_id').forUpdate()) as Row[]);

/** Those of the products whose row nobody holds; locked until the transaction ends. */
export const freeStock = async (trx: Trx, productIds: readonly string[]): Promise<ReadonlySet<string>> => {
  const rows: { product_id: Buffer }[] = await trx('stock')
    .whereIn('product_id', productIds.map(idToBytes))
    .select('product_id')
    .forUpdate()
    .skipLocked();
  return new Set(rows.map(({ product_id }) => bytesToId(product_id)));
};
