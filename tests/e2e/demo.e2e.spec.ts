import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bytesToId, idToBytes } from '@onsale/shared/ids';
import { runDemo, type DemoOptions } from '../../scripts/demo/run-demo.ts';
import type { DemoSale } from '../../scripts/demo/open-demo-sale.ts';
import { seatDemo } from '../../scripts/demo/seat-demo.ts';
import { shopDemo } from '../../scripts/demo/shop-demo.ts';
import { broken } from '../../scripts/invariants/report.ts';
import type { Event } from '../../scripts/load/shopper.ts';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startTestFleet();
});
afterAll(() => fleet?.stop());

type Options = DemoOptions<DemoSale, Event, number>;
const demo = async ({ members = 60, seats = 10, ...more }: Partial<Options> & { members?: number; seats?: number } = {}) =>
  runDemo({
    fleet,
    operatorToken: await fleet.accessToken({ role: 'operator' }),
    demo: seatDemo({ members, seats, cap: 8 }),
    progressMs: 100,
    ...more,
  });

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

describe('the demo', () => {
  it('sells every seat once to members in the order of their numbers, and sends everybody else home', async () => {
    const seen: number[] = [];
    const { sale, counts, journeys, sold, steps, findings } = await demo({ onProgress: ({ ended }) => seen.push(ended) });

    expect(journeys).toHaveLength(60);
    expect(counts.ended).toBe(60);
    expect(counts.events).toMatchObject({ number: 60, admitted: 60, held: 10, paid: 10 });
    expect(counts.ends).toEqual({
      paid: 10,
      'sold out': expect.any(Number),
      ...(counts.ends.lost === undefined ? {} : { lost: counts.ends.lost }),
    });
    expect(sum(Object.values(counts.ends))).toBe(60);
    expect(sold).toBe(10);
    expect(seen.at(-1)).toBe(60);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));

    const sales = await fleet.stores.sales(sale.scheduleId);
    const payers = journeys.flatMap(({ end, memberId }) => (end === 'paid' ? [memberId] : []));
    expect(sales.map(({ seatId }) => seatId)).toEqual(Array.from({ length: 10 }, (_, n) => String(n + 1)));
    expect(sales.map(({ memberId }) => memberId).sort()).toEqual(payers.sort());
    expect(await fleet.stores.liveHolds(sale.scheduleId)).toEqual([]);
    for (const memberId of payers) expect(await fleet.stores.balanceOf(memberId)).toEqual({ balance: 0, entries: 0 });

    const journal = await fleet.stores.journal(sale.queueId);
    expect(journal).toHaveLength(60);
    expect(journal.filter(({ endedAt }) => endedAt === null)).toEqual([]);
    expect(fleet.stores.mostAtOnce(journal)).toBeLessThanOrEqual(8);

    expect(steps.map(({ step }) => step)).toEqual(expect.arrayContaining(['number', 'turn', 'seats', 'hold', 'charge', 'pay', 'purchase']));
    expect(findings.length).toBeGreaterThan(10);
    expect(broken(findings)).toEqual([]);
  });

  it('sells another concert the next time', async () => {
    const first = await demo({ members: 10, seats: 2 });
    const second = await demo({ members: 10, seats: 2 });
    expect(second.sale.scheduleId).not.toBe(first.sale.scheduleId);
    expect([first.sold, second.sold]).toEqual([2, 2]);
    expect(broken(second.findings)).toEqual([]);
  });

  it('sells every print once, and gives out every coupon, to a stampede', async () => {
    const { sale, counts, journeys, sold, steps, findings } = await runDemo({
      fleet,
      operatorToken: await fleet.accessToken({ role: 'operator' }),
      demo: shopDemo({ members: 60, stock: 10, coupons: 8 }),
      progressMs: 100,
    });
    expect(counts.ends).toEqual({ paid: 10, 'sold out': 50 });
    expect(counts.events).toMatchObject({ coupon: 8, 'no coupon': 52, paid: 10, 'too late': 50 });
    expect(sold).toMatchObject({ product: { available: 0, reserved: 0, sold: 10 }, coupon: { remaining: 0 } });

    const { commerce } = fleet.stores.databases;
    const orders: { member_id: Buffer; discount: number }[] = await commerce('orders as o')
      .join('order_items as i', 'i.order_id', 'o.id')
      .where({ 'i.product_id': idToBytes(sale.productId), 'o.status': 'COMPLETED' })
      .select('o.member_id', 'o.discount');
    const payers = journeys.flatMap(({ end, memberId }) => (end === 'paid' ? [memberId] : []));
    expect(orders.map(({ member_id }) => bytesToId(member_id)).sort()).toEqual(payers.sort());
    expect(orders.filter(({ discount }) => discount === 2_000)).toHaveLength(counts.events['with a coupon']);
    const holders: { member_id: Buffer }[] = await commerce('member_coupons')
      .where({ coupon_id: idToBytes(sale.couponId) })
      .select('member_id');
    expect(new Set(holders.map(({ member_id }) => bytesToId(member_id))).size).toBe(8);
    for (const memberId of payers) expect((await fleet.stores.balanceOf(memberId)).balance).toBeLessThanOrEqual(2_000);

    expect(steps.map(({ step }) => step)).toEqual(expect.arrayContaining(['coupon', 'no coupon', 'order', 'too late', 'purchase']));
    expect(broken(findings)).toEqual([]);
  });

  it('sends everybody home when it is interrupted', async () => {
    const controller = new AbortController();
    const interrupted = demo({
      signal: controller.signal,
      onProgress: ({ events }) => {
        if (events.admitted > 0) controller.abort(new Error('interrupted'));
      },
    });
    await expect(interrupted).rejects.toThrow('interrupted');
  });
});
