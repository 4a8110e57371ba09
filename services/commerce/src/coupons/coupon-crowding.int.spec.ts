import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { idToBytes, newId } from '@onsale/shared/ids';
import { eventually, gate } from '@onsale/shared/testing';
import { insistedOutcomeOf, outcomeOf, testReplica, type TestReplica } from '../testing/test-coupons.ts';
import type { Coupons } from './coupons.ts';
import type { Counters } from './counters/counters.ts';
import { issueWinners } from './issue-winners.ts';
import { restoreCounters } from './restore-counters.ts';

let shop: TestReplica;
let replica: Coupons;
let counters: Counters;
beforeAll(async () => {
  shop = await testReplica();
  ({ replica, counters } = shop);
});
afterAll(() => shop?.stop());
afterEach(async () => {
  expect(await shop.offences()).toEqual([]);
});

const asks = (couponId: string) => outcomeOf(replica.issueCoupon({ couponId, memberId: newId() }));
const insists = (couponId: string, memberId = newId()) => insistedOutcomeOf(() => replica.issueCoupon({ couponId, memberId }));
const pending = async (couponId: string): Promise<number> => (await shop.state(couponId)).pending;

/** What is done while the row of a coupon is held, as by a restoration of another replica; its counters are there. */
const whileLocked = async <T>(act: (couponId: string) => Promise<T>): Promise<T> => {
  const { id } = await shop.coupon(replica, { total: 10_000 });
  expect(await insists(id)).toBe('ISSUED');
  await eventually(async () => expect(await pending(id)).toBe(0));
  const trx = await shop.db.transaction();
  await trx('coupons')
    .where({ id: idToBytes(id) })
    .forUpdate()
    .first('id');
  try {
    return await act(id);
  } finally {
    await trx.rollback();
  }
};

describe('a coupon whose row is held for seconds', () => {
  it('keeps no other waiting', async () => {
    const { id: other } = await shop.coupon(replica);
    expect(await insists(other)).toBe('ISSUED');
    const id = await whileLocked(async (locked) => {
      await eventually(async () => {
        void asks(locked).catch(() => undefined);
        expect(await pending(locked)).toBeGreaterThan(2);
      });
      expect(await asks(other)).toBe('ISSUED');
      return locked;
    });
    expect(await insists(id)).toBe('ISSUED');
  });

  it('is promised to nobody else, once its winners wait for long', async () => {
    const winners = issueWinners({ ...shop.parts(), counters, longMs: 0 });
    const id = await whileLocked(async (locked) => {
      const coupon = await shop.found(locked);
      const { issueCoupon: issue } = shop.wired({ winners });
      void issue({ couponId: locked, memberId: newId() }).catch(() => undefined);
      await eventually(() => expect(winners.isBehind(coupon)).toBe(true));
      await expect(issue({ couponId: locked, memberId: newId() })).rejects.toMatchObject({ code: 'OVERLOADED', retryAfterSeconds: 1 });
      expect(await pending(locked)).toBe(1);
      return locked;
    });
    expect(await insists(id)).toBe('ISSUED');
  });
});

describe('many coupons whose counters are to be put together again', () => {
  it('leave connections to others; beyond those who may wait they are refused', async () => {
    const coupons = await Promise.all(Array.from({ length: 10 }, () => shop.coupon(replica)));
    const hot = await Promise.all(coupons.map(({ id }) => shop.found(id)));
    const { open, opened } = gate();
    let begun = 0;
    const reset: Counters['reset'] = async (coupon) => {
      begun += 1;
      await opened;
      await counters.reset(coupon);
    };
    const restore = restoreCounters({ ...shop.parts(), counters: { ...counters, reset } });
    const all = Promise.allSettled(hot.map(({ id, life }) => restore(id, life)));
    const others = Promise.allSettled(Array.from({ length: 92 }, () => restore(newId(), newId())));
    try {
      await eventually(() => expect(begun).toBeGreaterThanOrEqual(2));
      await shop.parts().db.raw('SELECT 1');
      await expect(restore(newId(), newId())).rejects.toMatchObject({ code: 'OVERLOADED', retryAfterSeconds: 2 });
    } finally {
      open();
    }
    await Promise.all([all, others]);
    for (const { id } of hot) expect(await insists(id)).toBe('ISSUED');
  });
});

describe('what Redis holds of a coupon', () => {
  it('is forgotten some time, also what a death has left', async () => {
    const { id, life } = await shop.found((await shop.coupon(replica)).id);
    await counters.reset({ id, life });
    expect(await shop.redis.pttl(shop.key(id))).toBeGreaterThan(0);
    expect(await insists(id)).toBe('ISSUED');
    await counters.decide(await shop.found(id), newId());
    expect(await shop.redis.pttl(`${shop.key(id)}:pending`)).toBeGreaterThan(0);
    expect(await shop.redis.pttl(shop.key(id))).toBeGreaterThan(0);
  });
});
