import type { Product, ProductDetail } from '@onsale/contracts/commerce';
import type { Queryable } from '@onsale/shared/db';
import { readStock, type Stock } from '../stock/stock-store.ts';
import type { ProductRow } from './product-store.ts';

/** A product as everybody sees it. */
export const viewOf = ({ id, name, price, onSale, perMemberLimit, queueId }: ProductRow, { available }: Stock): Product => ({
  id,
  name,
  price,
  available,
  onSale,
  ...(perMemberLimit !== undefined && { perMemberLimit }),
  ...(queueId !== undefined && { queueId }),
});

/** A product as operators see it. */
export const detailOf = (product: ProductRow, stock: Stock): ProductDetail => ({
  ...viewOf(product, stock),
  reserved: stock.reserved,
  sold: stock.stocked - stock.available - stock.reserved,
  stocked: stock.stocked,
  version: product.version,
  createdAt: product.createdAt.toISOString(),
});

/** Products with their stock, which one query reads for all of them. @throws Error when one has none: both are written by one transaction */
export const withStock = async <V>(
  db: Queryable,
  products: readonly ProductRow[],
  view: (product: ProductRow, stock: Stock) => V,
): Promise<V[]> => {
  if (products.length === 0) return [];
  const stock = await readStock(db, products.map(({ id }) => id)); // prettier-ignore
  return products.map((product) => {
    const found = stock.get(product.id);
    if (found === undefined) throw new Error(`product ${product.id} has no stock`);
    return view(product, found);
  });
};
