import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@onsale/shared/ids';
import { eventually, testRedis, type TestRedis } from '@onsale/shared/testing';
import { testCoupons, type TestCoupons } from '../testing/test-coupons.ts';
import type { Coupons } from './coupons.ts';

let engine: TestRedis;
let shop: TestCoupons;
let one: Coupons;
let other: Coupons;
beforeAll(async () => {
  [engine, shop] = await Promise.all([testRedis(), testCoupons()]);
  [one, other] = [shop.replica({ redisUrl: engine.url }), shop.replica({ redisUrl: engine.url })];
});
afterAll(async () => {
  await shop?.stop();
  await engine?.stop();
});

const asking = (couponId: string, memberId = newId()) => ({ couponId, memberId, id: newId() });
const settled = (couponId: string) => eventually(async () => expect(await engine.redis.zcard(`${shop.key(couponId)}:pending`)).toBe(0));

describe('members who are asked for in one call', () => {
  it('each get the one that was named for them, or a refusal of their own', async () => {
    const { id } = await shop.coupon(one, { total: 2 });
    const [ada, eve] = [asking(id), asking(id)];
    const again = { ...ada, id: newId() };
    const given = await one.issueCoupons([ada, eve, again, asking(newId())]);
    expect(given).toMatchObject([
      { coupon: { id: ada.id, couponId: id, status: 'ISSUED' } },
      { coupon: { id: eve.id } },
      { code: 'COUPON_ALREADY_ISSUED', extra: { memberCouponId: ada.id } },
      { code: 'NOT_FOUND' },
    ]);
    expect(await one.issueCoupons([asking(id)])).toEqual([{ code: 'COUPON_SOLD_OUT', detail: 'All of this coupon have been given out.' }]);
    expect(new Set(await shop.holders(id))).toEqual(new Set([ada.memberId, eve.memberId]));
    expect(await shop.offences()).toEqual([]);
  });

  it('are told the same when they are asked for again, wherever the first answer was lost; another request of theirs is told that they have it', async () => {
    const { id } = await shop.coupon(one);
    const ada = asking(id);
    const both = await Promise.all([one.issueCoupons([ada]), other.issueCoupons([ada])]);
    await settled(id); // Redis knows it too
    const later = await other.issueCoupons([ada, { ...ada, id: newId() }]);
    expect([...both.flat(), later[0]]).toEqual(Array.from({ length: 3 }, () => both[0][0]));
    expect(both[0][0]).toMatchObject({ coupon: { id: ada.id, status: 'ISSUED' } });
    expect(later[1]).toMatchObject({ code: 'COUPON_ALREADY_ISSUED', extra: { memberCouponId: ada.id } });
    expect(await shop.holders(id)).toEqual([ada.memberId]);
    expect((await one.readCoupons.one(id)).remaining).toBe(9);
  });
});
