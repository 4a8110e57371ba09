import type { Database } from '@onsale/shared/db';
import { idToBytes, newId } from '@onsale/shared/ids';
import type { Fact, Sold } from '../popular/ranking.ts';
import { hourOf } from '../popular/window.ts';
import { insertProduct } from '../products/product-store.ts';
import { insertStock } from '../stock/stock-store.ts';

/** Products and orders written straight into the tables, as they stand when a saga has paid or cancelled them. */
export const paidOrders = (db: Database) => ({
  product: async ({ onSale = true } = {}): Promise<string> => {
    const id = newId();
    await db.transaction(async (trx) => {
      await insertProduct(trx, { id, name: 'A lamp', price: 100, onSale, createdAt: new Date() });
      await insertStock(trx, { productId: id, quantity: 1_000 });
    });
    return id;
  },
  putOnSale: async (id: string, onSale: boolean): Promise<void> => {
    await db('products')
      .where({ id: idToBytes(id) })
      .update({ on_sale: onSale });
  },
  /** @returns what the event of it tells */
  paid: async (items: readonly Sold[], at: Date): Promise<Fact> => {
    const id = newId();
    const money = { subtotal: 100, discount: 0, total: 100 };
    const whose = { id: idToBytes(id), member_id: idToBytes(newId()) };
    await db.transaction(async (trx) => {
      await trx('orders').insert({ ...whose, ...money, status: 'COMPLETED', version: 2, created_at: at, completed_at: at });
      const rows = items.map(({ productId, quantity }) => ({ product_id: idToBytes(productId), quantity, unit_price: 100 }));
      await trx('order_items').insert(rows.map((row) => ({ order_id: idToBytes(id), ...row })));
    });
    return { kind: 'completed', orderId: id, hour: hourOf(at), at, items };
  },
  /** @returns what the event of it tells */
  cancelled: async (order: Fact, at: Date): Promise<Fact> => {
    await db('orders')
      .where({ id: idToBytes(order.orderId) })
      .update({ status: 'CANCELLED', cancelled_at: at });
    return { ...order, kind: 'cancelled', at };
  },
});
