import { setImmediate as rest } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@onsale/shared/ids';
import { eventually, testRedis, type TestRedis } from '@onsale/shared/testing';
import { insistedOutcomeOf, outcomeOf, testCoupons, type TestCoupons } from '../testing/test-coupons.ts';
import { tally } from '../testing/start-commerce.ts';
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
afterEach(async () => {
  expect(await shop.offences()).toEqual([]);
});

const members = (count: number): string[] => Array.from({ length: count }, () => newId());
const asks = (replica: Coupons, couponId: string, memberId: string) => outcomeOf(replica.issueCoupon({ couponId, memberId }));
/** Each member at the next replica. */
const insistsAt =
  (replicas: readonly [Coupons, Coupons]) =>
  (couponId: string) =>
  (memberId: string, i: number): Promise<string> =>
    insistedOutcomeOf(() => replicas[i % 2]!.issueCoupon({ couponId, memberId }));
const left = async (couponId: string) => Number(await engine.redis.hget(shop.key(couponId), 'left'));
const pending = (couponId: string) => engine.redis.zcard(`${shop.key(couponId)}:pending`);

describe('a coupon that a thousand members want at once', () => {
  it('goes to exactly a hundred of them, one each, and all others are told so, at two replicas', async () => {
    const { id } = await shop.coupon(one, { total: 100 });
    const crowd = members(1000);
    const [once, again] = [insistsAt([one, other]), insistsAt([other, one])];
    const told = tally(await Promise.all([...crowd.map(once(id)), ...crowd.slice(0, 100).map(again(id))]));
    expect(told).toEqual({
      ISSUED: 100,
      COUPON_ALREADY_ISSUED: told['COUPON_ALREADY_ISSUED'],
      COUPON_SOLD_OUT: 1000 - told['COUPON_ALREADY_ISSUED']!,
    });
    const holders = await shop.holders(id);
    expect(new Set(holders).size).toBe(100);
    await eventually(async () => expect([await left(id), await pending(id)]).toEqual([0, 0]));
    expect((await one.readCoupons.one(id)).remaining).toBe(0);
  });

  it('stays exact when Redis is emptied again and again meanwhile', async () => {
    const { id } = await shop.coupon(one, { total: 100 });
    const insists = insistsAt([one, other])(id);
    const told: string[] = [];
    let emptied = 0;
    for (let wave = 0; wave < 20; wave += 1) {
      const asked = members(25).map(insists);
      for (let turns = 0; turns < wave; turns += 1) await rest(); // a little later each time
      emptied += await engine.redis.del(shop.key(id));
      told.push(...(await Promise.all(asked)));
    }
    expect(emptied).toBeGreaterThan(0);
    // a member whose answer Redis' loss came before may be told that they have one
    expect(tally(told)['COUPON_SOLD_OUT']).toBe(400);
    expect(new Set(await shop.holders(id)).size).toBe(100);
  });
});

describe('a member who has one', () => {
  it('gets no other, and is told which it is, at once and after Redis was emptied', async () => {
    const { id } = await shop.coupon(one);
    const [member] = members(1) as [string];
    const mine = await one.issueCoupon({ couponId: id, memberId: member });
    const again = () => other.issueCoupon({ couponId: id, memberId: member });
    await expect(again()).rejects.toMatchObject({ code: 'COUPON_ALREADY_ISSUED', extra: { memberCouponId: mine.id } });
    await engine.redis.flushdb();
    await expect(again()).rejects.toMatchObject({ code: 'COUPON_ALREADY_ISSUED', extra: { memberCouponId: mine.id } });
    expect(await left(id)).toBe(9);
  });
});

describe('a coupon that is not given out', () => {
  it.each([
    ['before its window', { issueFrom: new Date(Date.now() + 60_000) }],
    ['after its window', { issueFrom: new Date(Date.now() - 60_000), issueUntil: new Date(Date.now() - 1000) }],
    [
      'hours before its window',
      {
        issueFrom: new Date(Date.now() + 86_400_000),
        issueUntil: new Date(Date.now() + 86_500_000),
        validUntil: new Date(Date.now() + 86_500_000),
      },
    ],
    ['when it was made switched off', { active: false }],
  ])('%s is refused', async (_when, given) => {
    const { id } = await shop.coupon(one, given);
    expect(await asks(one, id, newId())).toBe('COUPON_NOT_ACTIVE');
    expect(await shop.holders(id)).toEqual([]);
  });

  it('is nothing where there is no such coupon', async () => {
    expect(await asks(one, newId(), newId())).toBe('NOT_FOUND');
  });
});

describe('an operator', () => {
  it('switches it off: what Redis has decided at the other replica and nobody has written is not issued any more', async () => {
    const { id } = await shop.coupon(one);
    expect(await asks(other, id, newId())).toBe('ISSUED');
    await shop.change(one, id, { active: false });
    expect(await Promise.all([asks(one, id, newId()), asks(other, id, newId())])).toEqual(['COUPON_NOT_ACTIVE', 'COUPON_NOT_ACTIVE']);
    expect(await shop.holders(id)).toHaveLength(1);

    await shop.change(one, id, { active: true });
    expect(await asks(one, id, newId())).toBe('ISSUED');
  });

  it('makes it more, or fewer, but not fewer than are issued', async () => {
    const { id } = await shop.coupon(one, { total: 2 });
    for (const member of members(2)) expect(await asks(one, id, member)).toBe('ISSUED');
    expect(await asks(other, id, newId())).toBe('COUPON_SOLD_OUT');
    await expect(shop.change(one, id, { total: 1 })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      errors: [{ pointer: '/body/total' }],
    });
    await shop.change(one, id, { total: 3 });
    await eventually(async () => expect(await asks(other, id, newId())).toBe('ISSUED'));
    expect(await asks(one, id, newId())).toBe('COUPON_SOLD_OUT');
  });
});
