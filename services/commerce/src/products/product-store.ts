import type { Queryable, Trx } from '@onsale/shared/db';
import { bytesToId, idToBytes } from '@onsale/shared/ids';

/** A product without its stock. `price` in points. */
export interface ProductRow {
  readonly id: string;
  readonly name: string;
  readonly price: number;
  readonly onSale: boolean;
  /** How many one member may have; no limit where it is absent. */
  readonly perMemberLimit?: number;
  /** The waiting room whose token an order of it needs. */
  readonly queueId?: string;
  /** Rises with every change by an operator. */
  readonly version: number;
  readonly createdAt: Date;
}

export interface Row {
  readonly id: Buffer;
  readonly name: string;
  readonly price: number;
  readonly on_sale: number;
  readonly per_member_limit: number | null;
  readonly queue_id: string | null;
  readonly version: number;
  readonly created_at: Date;
}

/** Those that `productOf` reads. */
export const COLUMNS = ['id', 'name', 'price', 'on_sale', 'per_member_limit', 'queue_id', 'version', 'created_at'] as const;

export const productOf = (row: Row): ProductRow => ({
  id: bytesToId(row.id),
  name: row.name,
  price: row.price,
  onSale: row.on_sale === 1,
  ...(row.per_member_limit === null ? {} : { perMemberLimit: row.per_member_limit }),
  ...(row.queue_id === null ? {} : { queueId: row.queue_id }),
  version: row.version,
  createdAt: row.created_at,
});

export const insertProduct = async (db: Queryable, product: Omit<ProductRow, 'version'>): Promise<void> => {
  await db('products').insert({
    id: idToBytes(product.id),
    name: product.name,
    price: product.price,
    on_sale: product.onSale,
    per_member_limit: product.perMemberLimit ?? null,
    queue_id: product.queueId ?? null,
    version: 1,
    created_at: product.createdAt,
  });
};

/** Those of the products that there are, by id; locks nothing. */
export const findProducts = async (db: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, ProductRow>> => {
  const rows: Row[] = await db('products').whereIn('id', ids.map(idToBytes)).select(COLUMNS);
  return new Map(rows.map((row) => [bytesToId(row.id), productOf(row)]));
};

/** No other operator changes the product until the transaction ends; orders of it go on. */
export const lockProduct = async (trx: Trx, id: string): Promise<ProductRow | undefined> => {
  const row: Row | undefined = await trx('products')
    .where({ id: idToBytes(id) })
    .forUpdate()
    .first(COLUMNS);
  return row && productOf(row);
};

/** Writes what operators change of a locked product. */
export const updateProduct = async (trx: Trx, product: ProductRow): Promise<void> => {
  await trx('products')
    .where({ id: idToBytes(product.id) })
    .update({
      name: product.name,
      price: product.price,
      on_sale: product.onSale,
      per_member_limit: product.perMemberLimit ?? null,
      queue_id: product.queueId ?? null,
      version: product.version,
    });
};
