import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inTransaction } from '@onsale/shared/db';
import { idToBytes, newId } from '@onsale/shared/ids';
import { testDatabase, type TestDatabase } from '@onsale/shared/testing';
import { releaseCoupon, reserveCoupon, restoreCoupon, useCoupon } from './member-coupon-store.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase({ migrations: new URL('../../migrations/', import.meta.url) });
});
afterAll(() => database.drop());

/** A coupon that takes 10 percent off, valid for another minute, and one of it in the hands of a member. */
const givenCoupon = async ({ validForSeconds = 60 } = {}) => {
  const { db } = database;
  const [couponId, memberCouponId, memberId] = [newId(), newId(), newId()];
  const until = new Date(Date.now() + validForSeconds * 1000);
  await db('coupons').insert({
    id: idToBytes(couponId),
    name: 'Ten',
    discount_type: 'PERCENT',
    discount_value: 10,
    discount_max: 500,
    total: 1,
    issued: 1,
    active: true,
    life: idToBytes(newId()),
    issue_from: until,
    issue_until: until,
    valid_until: until,
    created_at: until,
  });
  await db('member_coupons').insert({
    id: idToBytes(memberCouponId),
    coupon_id: idToBytes(couponId),
    member_id: idToBytes(memberId),
    status: 'ISSUED',
    issued_at: until,
  });
  const status = async (): Promise<unknown> =>
    (
      await db('member_coupons')
        .where({ id: idToBytes(memberCouponId) })
        .first('status')
    )?.status;
  return { couponId, memberCouponId, memberId, status };
};

const inOne = <T>(fn: Parameters<typeof inTransaction<T>>[1]): Promise<T> => inTransaction(database.db, fn);

describe('a coupon in an order', () => {
  it('is reserved, used, and given back by the order alone that has it', async () => {
    const { couponId, memberCouponId, memberId, status } = await givenCoupon();
    const [mine, other] = [
      { memberCouponId, orderId: newId() },
      { memberCouponId, orderId: newId() },
    ];

    expect(await inOne((trx) => reserveCoupon(trx, { ...mine, memberId }))).toEqual({
      couponId,
      discount: { type: 'PERCENT', value: 10, max: 500 },
    });
    expect(await inOne((trx) => reserveCoupon(trx, { ...other, memberId }))).toBeUndefined();
    for (const move of [releaseCoupon, useCoupon, restoreCoupon]) expect(await inOne((trx) => move(trx, other))).toBe(false);
    expect(await inOne((trx) => restoreCoupon(trx, mine))).toBe(false);
    expect(await status()).toBe('RESERVED');

    expect(await inOne((trx) => useCoupon(trx, mine))).toBe(true);
    expect(await inOne((trx) => releaseCoupon(trx, mine))).toBe(false);
    expect(await inOne((trx) => restoreCoupon(trx, other))).toBe(false);
    expect(await inOne((trx) => restoreCoupon(trx, mine))).toBe(true);
    expect(await inOne((trx) => restoreCoupon(trx, mine))).toBe(false);
    expect(await status()).toBe('ISSUED');

    expect(await inOne((trx) => reserveCoupon(trx, { ...other, memberId }))).toBeDefined();
    expect(await inOne((trx) => releaseCoupon(trx, other))).toBe(true);
    expect(await status()).toBe('ISSUED');
  });

  it('is reserved by one of many orders at once', async () => {
    const { memberCouponId, memberId } = await givenCoupon();
    const reserved = await Promise.all(
      Array.from({ length: 20 }, () => inOne((trx) => reserveCoupon(trx, { memberCouponId, memberId, orderId: newId() }))),
    );
    expect(reserved.filter((coupon) => coupon !== undefined)).toHaveLength(1);
  });

  it('is nothing where it is not known, another member’s, or no longer valid', async () => {
    const [known, over] = [await givenCoupon(), await givenCoupon({ validForSeconds: -1 })];
    const orderId = newId();
    for (const wanted of [
      { memberCouponId: newId(), memberId: known.memberId },
      { memberCouponId: known.memberCouponId, memberId: newId() },
      { memberCouponId: over.memberCouponId, memberId: over.memberId },
    ]) {
      expect(await inOne((trx) => reserveCoupon(trx, { ...wanted, orderId }))).toBeUndefined();
    }
    expect([await known.status(), await over.status()]).toEqual(['ISSUED', 'ISSUED']);
  });
});
