import {
  changeProduct,
  createProduct,
  listPopularProducts,
  listProducts,
  readPopularRanking,
  readProduct,
  readProductDetail,
  rebuildPopularRanking,
  restockProduct,
} from '@onsale/contracts/commerce';
import { newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startTestFleet();
});
afterAll(() => fleet?.stop());

const product = (name: string, stock: number) => fleet.asOperator(createProduct, { body: { name, price: 1_000, stock } });
const found = async (search: string) =>
  (await fleet.client.call(listProducts, { query: { search, sort: '-price' } })).items.map(({ id, available }) => ({ id, available }));
/** A member with so many points. */
const buyer = async (points: number) => {
  const [member] = await fleet.members(1);
  expect((await member.charges(points)).is).toBe('201');
  return member;
};
const one = (productId: string, quantity = 1) => ({ items: [{ productId, quantity }] });

describe('products', () => {
  it('are sold as long as operators have them on sale and in stock, and everybody sees how many there are', async () => {
    const { id } = await product('A quiet lantern', 2);
    const ada = await buyer(10_000);
    expect(await found('lantern')).toEqual([{ id, available: 2 }]);
    expect((await ada.orders(one(id, 2))).body).toMatchObject({ status: 'COMPLETED', total: 2_000 });
    expect(await found('quiet lan')).toEqual([{ id, available: 0 }]);
    expect(await ada.orders(one(id))).toMatchObject({ is: '409 OUT_OF_STOCK' });

    const restock = { params: { id }, body: { quantity: 3 }, idempotencyKey: newId() };
    for (let again = 0; again < 2; again += 1)
      expect(await fleet.asOperator(restockProduct, restock)).toMatchObject({ available: 3, sold: 2 });
    await fleet.asOperator(changeProduct, { params: { id }, body: { onSale: false } });
    expect(await found('lantern')).toEqual([]);
    expect(await fleet.client.call(readProduct, { params: { id } })).toMatchObject({ onSale: false, available: 3 });
    expect(await ada.orders(one(id))).toMatchObject({ is: '409 PRODUCT_NOT_ON_SALE' });

    await fleet.asOperator(changeProduct, { params: { id }, body: { onSale: true, price: 5_000 } });
    expect((await ada.orders(one(id))).body).toMatchObject({ status: 'COMPLETED', total: 5_000 });
    expect(await fleet.asOperator(readProductDetail, { params: { id } })).toMatchObject({ available: 2, reserved: 0, sold: 3, stocked: 5 });
    expect(await fleet.stores.balanceOf(ada.id)).toEqual({ balance: 3_000, entries: 3_000 });
  });
});

describe('the popular products', () => {
  it('follow what is paid and cancelled, are the same when Redis has lost them, and can be made anew', async () => {
    const popular = () => fleet.client.call(listPopularProducts);
    const mine = new Map<string, string>();
    const shown = async () => (await popular()).items.flatMap(({ id, sold }) => (mine.has(id) ? [`${mine.get(id)} ${sold}`] : []));
    for (const name of ['first', 'second', 'third']) mine.set((await product(name, 100)).id, name);
    const [first, second, third] = [...mine.keys()] as [string, string, string];
    const ada = await buyer(1_000_000);
    for (const order of [one(first, 20), one(second, 30), { items: [one(second, 5).items[0]!, one(third, 20).items[0]!] }])
      expect((await ada.orders(order)).is).toBe('201');
    await eventually(async () => expect(await shown()).toEqual(['second 35', 'third 20', 'first 20'])); // of those alike the newer first

    const regretted = (await ada.orders(one(third, 40))).body!;
    await eventually(async () => expect(await shown()).toEqual(['third 60', 'second 35', 'first 20']));
    expect((await ada.cancels(regretted.id)).body).toMatchObject({ status: 'CANCELLED' });
    await eventually(async () => expect(await shown()).toEqual(['second 35', 'third 20', 'first 20']));

    const before = await popular();
    await fleet.emptyRedis();
    await eventually(async () => expect(await fleet.asOperator(readPopularRanking, {})).toMatchObject({ builtAt: expect.any(String) }));
    await eventually(async () => expect(await popular()).toEqual(before));

    const { builtAt } = await fleet.asOperator(readPopularRanking, {});
    await fleet.asOperator(rebuildPopularRanking, {});
    await eventually(async () => expect((await fleet.asOperator(readPopularRanking, {})).builtAt).not.toBe(builtAt));
    expect(await popular()).toEqual(before);
    expect((await ada.orders(one(first, 30))).is).toBe('201');
    await eventually(async () => expect(await shown()).toEqual(['first 50', 'second 35', 'third 20']));
  });
});
