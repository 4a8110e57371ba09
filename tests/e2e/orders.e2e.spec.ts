import { createProduct, issueCoupon, listMyCoupons, readProduct } from '@onsale/contracts/commerce';
import { createQueue } from '@onsale/contracts/queue';
import { newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { broken } from '../../scripts/invariants/report.ts';
import { verifyInvariants } from '../../scripts/invariants/verify-invariants.ts';
import type { TestMember } from '../kit/member.ts';
import { tally } from '../kit/outcome.ts';
import { startTestFleet, twoOfEach, type TestFleet } from '../kit/test-fleet.ts';

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startTestFleet({ replicas: twoOfEach });
});
afterEach(async () => expect(broken(await verifyInvariants(fleet))).toEqual([]));
afterAll(() => fleet?.stop());

const product = async (settings: { price: number; stock: number; perMemberLimit?: number; queueId?: string }): Promise<string> =>
  (await fleet.asOperator(createProduct, { body: { name: 'A thing', onSale: true, ...settings } })).id;

const couponOf = async (member: TestMember, percent: number): Promise<string> => {
  const coupon = await fleet.coupon({ total: 5, percent });
  return (await member.asks(issueCoupon, { params: { id: coupon.id } })).body!.id;
};

const couponStatus = async (member: TestMember): Promise<string> => (await member.asks(listMyCoupons)).body!.items[0]!.status;
const available = async (member: TestMember, id: string): Promise<number> =>
  (await member.asks(readProduct, { params: { id } })).body!.available;

describe('a stampede for a product', () => {
  it('C2: with 10 of it and 15 buyers makes 10 orders, and refuses 5 with what was asked and what is left', async () => {
    const cup = await product({ price: 100, stock: 10 });
    const buyers = await fleet.members(15);
    await Promise.all(buyers.map((one) => one.charges(1_000)));

    const answers = await Promise.all(buyers.map((one) => one.orders({ items: [{ productId: cup, quantity: 1 }] })));

    expect(tally(answers)).toEqual({ '201': 10, '409 OUT_OF_STOCK': 5 });
    for (const { problem } of answers.filter(({ is }) => is !== '201'))
      expect(problem).toMatchObject({ shortages: [{ productId: cup, requested: 1, available: 0 }] });
    expect(await fleet.stores.stockOf(cup)).toEqual({ available: 0, reserved: 0, sold: 10 });
    const balances = await Promise.all(buyers.map(({ id }) => fleet.stores.balanceOf(id)));
    expect(balances.map(({ balance, entries }) => [balance, entries])).toEqual(
      answers.map(({ is }) => (is === '201' ? [900, 900] : [1_000, 1_000])),
    );
  });
});

describe('an order', () => {
  it('C3, C4, C7: of several products is paid by points with a coupon, listed, and cancelled once by two at once', async () => {
    const [cup, shirt] = [await product({ price: 1_500, stock: 5 }), await product({ price: 200, stock: 5 })];
    const [ada, eve] = await fleet.members(2);
    await ada.charges(5_000);
    const memberCouponId = await couponOf(ada, 25);
    const wanted = {
      items: [
        { productId: cup, quantity: 2 },
        { productId: shirt, quantity: 5 },
      ],
      memberCouponId,
    };
    const key = newId();

    const placed = await ada.orders(wanted, key);

    expect(placed).toMatchObject({ is: '201', body: { status: 'COMPLETED', subtotal: 4_000, discount: 1_000, total: 3_000 } });
    const { id } = placed.body!;
    expect((await ada.orders(wanted, key)).body).toEqual(placed.body);
    expect((await ada.orderList()).body!.items.map((order) => order.id)).toEqual([id]);
    expect([(await eve.order(id)).is, (await eve.cancels(id)).is]).toEqual(['404 NOT_FOUND', '404 NOT_FOUND']);
    expect(await fleet.stores.balanceOf(ada.id)).toEqual({ balance: 2_000, entries: 2_000 });
    expect([await available(ada, cup), await available(ada, shirt), await couponStatus(ada)]).toEqual([3, 0, 'USED']);

    const cancelled = await Promise.all([ada.cancels(id), ada.cancels(id)]);

    expect(cancelled).toMatchObject([
      { is: '200', body: { status: 'CANCELLED' } },
      { is: '200', body: { status: 'CANCELLED' } },
    ]);
    expect(await fleet.stores.balanceOf(ada.id)).toEqual({ balance: 5_000, entries: 5_000 });
    expect((await ada.entries()).body!.items.map(({ type, amount, reference }) => [type, amount, reference]).slice(0, 2)).toEqual([
      ['REFUND', 3_000, `order:${id}`],
      ['PAYMENT', -3_000, `order:${id}`],
    ]);
    expect([await available(ada, cup), await available(ada, shirt), await couponStatus(ada)]).toEqual([5, 5, 'ISSUED']);
  });

  it('C3: gives goods and coupon back when the points are short, and can be placed anew', async () => {
    const cup = await product({ price: 2_000, stock: 2, perMemberLimit: 2 });
    const [ada] = await fleet.members(1);
    await ada.charges(1_000);
    const wanted = { items: [{ productId: cup, quantity: 2 }], memberCouponId: await couponOf(ada, 10) };

    const short = await ada.orders(wanted);

    expect(short).toMatchObject({ is: '402 INSUFFICIENT_POINTS', problem: { total: 3_600 } });
    expect(await fleet.stores.stockOf(cup)).toEqual({ available: 2, reserved: 0, sold: 0 });
    expect(await couponStatus(ada)).toBe('ISSUED');
    expect(await fleet.stores.balanceOf(ada.id)).toEqual({ balance: 1_000, entries: 1_000 });
    await ada.charges(5_000);
    expect(await ada.orders(wanted)).toMatchObject({ is: '201', body: { total: 3_600 } });
    expect(await ada.orders(wanted)).toMatchObject({ is: '409 OUT_OF_STOCK' });
  });

  it('of a product with a waiting room is for those whose turn it is', async () => {
    const queueId = `q-${newId()}`;
    await fleet.asOperator(createQueue, { body: { id: queueId, cap: 1 } });
    const [lamp, cup] = [await product({ price: 0, stock: 9, queueId }), await product({ price: 0, stock: 9 })];
    const [ada, eve, thief] = await fleet.members(3);
    const [ofLamp, ofCup] = [lamp, cup].map((productId) => ({ items: [{ productId, quantity: 1 }] }));

    expect(await eve.orders(ofLamp!)).toMatchObject({ is: '401 QUEUE_TOKEN_REQUIRED', problem: { queueId } });
    expect((await eve.orders(ofCup!)).is).toBe('201');
    await ada.isAdmitted(queueId);
    await eve.takesNumber(queueId);
    expect(await eve.orders(ofLamp!)).toMatchObject({ is: '403 QUEUE_NOT_ADMITTED', problem: { queue: { status: 'WAITING' } } });
    thief.shows(ada.token());
    expect((await thief.orders(ofLamp!)).is).toBe('403 QUEUE_TOKEN_FOREIGN');
    expect((await ada.orders(ofCup!)).is).toBe('201');
    expect((await eve.status(queueId)).body).toMatchObject({ status: 'WAITING' }); // no cup has a waiting room

    expect((await ada.orders(ofLamp!)).is).toBe('201');

    await eventually(async () => expect((await eve.status(queueId)).body).toMatchObject({ status: 'ADMITTED' }));
    await eventually(async () => expect((await ada.status(queueId)).body).toMatchObject({ status: 'COMPLETED' }));
    await eventually(async () => expect((await eve.orders(ofLamp!)).is).toBe('201'));
  });
});
