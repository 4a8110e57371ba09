import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inTransaction, type Trx } from '@onsale/shared/db';
import { idToBytes, newId } from '@onsale/shared/ids';
import { testDatabase, type TestDatabase } from '@onsale/shared/testing';
import { insertProduct } from '../products/product-store.ts';
import { insertStock, readStock } from '../stock/stock-store.ts';
import { insertOrders } from './order-store.ts';
import { releaseGoods } from './release-goods.ts';
import { reserveGoods } from './reserve-goods.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase({ migrations: new URL('../../migrations/', import.meta.url) });
});
afterAll(() => database.drop());

const release = releaseGoods();
const releases = (trx: Trx, id: string): Promise<void> => release(trx, { id, state: { memberId: newId(), total: 0 } });

const givenProduct = async (): Promise<string> => {
  const id = newId();
  await inTransaction(database.db, async (trx) => {
    await insertProduct(trx, { id, name: 'A thing', price: 100, onSale: true, createdAt: new Date() });
    await insertStock(trx, { productId: id, quantity: 100 });
  });
  return id;
};

/** A PENDING order of 2, by a member of its own unless said. */
const givenOrder = async (productId: string, memberId = newId()): Promise<string> => {
  const id = newId();
  const draft = {
    id,
    memberId,
    items: [{ productId, quantity: 2, unitPrice: 100, version: 1 }],
    subtotal: 200,
    admission: undefined,
    at: new Date(),
  };
  await inTransaction(database.db, async (trx) => insertOrders(trx, [await reserveGoods(trx, draft)], 60_000));
  return id;
};

const stockOf = async (productId: string) => (await readStock(database.db, [productId])).get(productId);
const countedOf = async (productId: string): Promise<number> => {
  const [row] = await database
    .db('member_quantities')
    .where('product_id', idToBytes(productId))
    .sum<{ sum: string }[]>({ sum: 'quantity' });
  return Number(row!.sum);
};

/** Each comes on when all have come. */
const meetingOf = (count: number) => {
  const all = Promise.withResolvers<void>();
  let come = 0;
  return async (): Promise<void> => {
    if ((come += 1) === count) all.resolve();
    await all.promise;
  };
};

describe('orders that end in one transaction', () => {
  it('do not lock the goods of each as it comes: others that end them in another order do not give way', async () => {
    const [cup, shirt] = [await givenProduct(), await givenProduct()];
    const meet = meetingOf(2);
    const together = (first: string, second: string): Promise<void> =>
      inTransaction(
        database.db,
        async (trx) => {
          await releases(trx, first);
          await meet();
          await releases(trx, second);
        },
        { retries: 0 },
      );

    const ids = [await givenOrder(cup), await givenOrder(shirt), await givenOrder(shirt), await givenOrder(cup)] as const;

    await Promise.all([together(ids[0], ids[1]), together(ids[2], ids[3])]);

    for (const product of [cup, shirt]) {
      expect(await stockOf(product)).toEqual({ available: 100, reserved: 0, stocked: 100 });
      expect(await countedOf(product)).toBe(0);
    }
  });

  it('change the stock of a product once, and what a member has of it', async () => {
    const [cup, ada] = [await givenProduct(), newId()];
    const ids = [await givenOrder(cup, ada), await givenOrder(cup, ada), await givenOrder(cup)];
    const updates: string[] = [];
    const note = ({ sql }: { sql: string }): void => void (sql.startsWith('update') && updates.push(sql));
    database.db.on('query', note);
    await inTransaction(database.db, async (trx) => {
      for (const id of ids) await releases(trx, id);
    });
    database.db.off('query', note);
    expect(updates.filter((sql) => sql.includes('`stock`'))).toHaveLength(1);
    expect(updates.filter((sql) => sql.includes('`member_quantities`'))).toHaveLength(2);
    expect(await stockOf(cup)).toEqual({ available: 100, reserved: 0, stocked: 100 });
    expect(await countedOf(cup)).toBe(0);
  });

  it.each([
    ['reserved', 'stock', /fewer than 4 reserved/, { reserved: 3 }],
    ['counted for their member', 'member_quantities', /fewer than 4 of/, { quantity: 3 }],
  ])('all fail when more than are %s would go back', async (_what, table, says, wrong) => {
    const [cup, shirt, ada] = [await givenProduct(), await givenProduct(), newId()];
    const ids = [await givenOrder(shirt), await givenOrder(cup, ada), await givenOrder(cup, ada)];
    await database.db(table).where('product_id', idToBytes(cup)).update(wrong);
    const all = inTransaction(database.db, async (trx) => {
      for (const id of ids) await releases(trx, id);
    });
    await expect(all).rejects.toThrow(says);
    expect(await stockOf(shirt)).toMatchObject({ available: 98, reserved: 2 });
  });
});
