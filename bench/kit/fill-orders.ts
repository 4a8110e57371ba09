import type { Database } from '@onsale/shared/db';
import { idToBytes, newId } from '@onsale/shared/ids';

interface OrdersPlan {
  readonly products: number;
  readonly orders: number;
  readonly items: number;
}

const DAYS_MS = 3 * 86_400_000;
const ROWS = 2_000;

const inRows = async (count: number, insert: (from: number, to: number) => Promise<unknown>): Promise<void> => {
  for (let from = 0; from < count; from += ROWS) await insert(from, Math.min(count, from + ROWS));
};
const rowsOf = <T>(from: number, to: number, row: (n: number) => T): T[] => Array.from({ length: to - from }, (_, n) => row(from + n));

/** Products, and three days of paid orders, five items in two of them; some products sell much more than others. */
export const fillOrders = async (
  db: Database,
  { products: productCount, orders: orderCount, items: itemCount }: OrdersPlan,
): Promise<void> => {
  const products = rowsOf(0, productCount, () => idToBytes(newId()));
  const orders = rowsOf(0, orderCount, () => idToBytes(newId()));
  const now = Date.now();
  await inRows(productCount, (from, to) =>
    db('products').insert(
      rowsOf(from, to, (n) => ({ id: products[n], name: `Product ${n}`, price: 100, on_sale: true, version: 1, created_at: new Date() })),
    ),
  );
  await inRows(productCount, (from, to) =>
    db('stock').insert(rowsOf(from, to, (n) => ({ product_id: products[n], available: 1_000, reserved: 0, stocked: 1_000 }))),
  );
  await inRows(orderCount, (from, to) =>
    db('orders').insert(
      rowsOf(from, to, (n) => {
        const at = new Date(now - ((n + 0.5) * DAYS_MS) / orderCount);
        return {
          id: orders[n],
          member_id: orders[n],
          status: 'COMPLETED',
          subtotal: 1,
          discount: 0,
          total: 1,
          version: 2,
          created_at: at,
          completed_at: at,
        };
      }),
    ),
  );
  await inRows(
    itemCount,
    (from, to) =>
    db('order_items').insert(
      rowsOf(from, to, (n) => {
        const first = Math.floor(productCount * Math.random() ** 3);
        // the items of one order are apart from each other
        return { order_id: orders[n % orderCount], product_id: products[(first + Math.floor(n / orderCount) * 7) % productCount], quantity: 1 + (n % 3), unit_price: 1 };
      }),
    ).onConflict().ignore(), // prettier-ignore
  );
};
