import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import { outcomeOf, testReplica, type TestReplica } from '../testing/test-coupons.ts';
import type { Coupons } from './coupons.ts';
import type { Counters } from './counters/counters.ts';
import { issueWinners } from './issue-winners.ts';
import { createReconciler } from './reconciler.ts';

let shop: TestReplica;
let survivor: Coupons;
let counters: Counters;
beforeAll(async () => {
  shop = await testReplica();
  ({ replica: survivor, counters } = shop);
});
afterAll(() => shop?.stop());
afterEach(async () => {
  expect(await shop.offences()).toEqual([]);
});

const asks = (replica: Pick<Coupons, 'issueCoupon'>, couponId: string, memberId = newId()) =>
  outcomeOf(replica.issueCoupon({ couponId, memberId }));
const died = (): Promise<never> => Promise.reject(new Error('died'));

describe('a death between the decision and the database', () => {
  const dying = () => shop.wired({ winners: { issue: died } });

  it('leaves one pending, which the member’s next try gets', async () => {
    const { id } = await shop.coupon(survivor, { total: 1 });
    const member = newId();
    await expect(asks(dying(), id, member)).rejects.toThrow('died');
    expect(await asks(survivor, id)).toBe('COUPON_SOLD_OUT');
    expect(await asks(survivor, id, member)).toBe('ISSUED');
    expect(await shop.holders(id)).toEqual([member]);
  });

  it('gives it back to others when the member does not come again, and leaves all others what they have', async () => {
    const { id } = await shop.coupon(survivor, { total: 2 });
    const [owner, lost, next] = [newId(), newId(), newId()];
    expect(await asks(survivor, id, owner)).toBe('ISSUED');
    await expect(asks(dying(), id, lost)).rejects.toThrow('died');
    await shop.wired().reconcile(await shop.found(id));
    expect(await shop.state(id)).toEqual({ left: 1, pending: 0 });
    expect(await asks(survivor, id, owner)).toBe('COUPON_ALREADY_ISSUED');
    expect(await asks(survivor, id, next)).toBe('ISSUED');
    expect(await asks(survivor, id, lost)).toBe('COUPON_SOLD_OUT');
    expect(new Set(await shop.holders(id))).toEqual(new Set([owner, next]));
  });

  it('that was only slowness writes nothing by what was given back since, but asks again', async () => {
    const { id } = await shop.coupon(survivor, { total: 3 });
    const [reached, resume] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { issue } = issueWinners({ ...shop.parts(), counters });
    const slow = shop.wired({
      winners: {
        issue: async (winner) => {
          reached.resolve();
          await resume.promise;
          return issue(winner);
        },
      },
    });
    const late = asks(slow, id);
    await reached.promise;
    await shop.wired().reconcile(await shop.found(id));
    expect(await asks(survivor, id)).toBe('ISSUED');
    resume.resolve();
    expect(await late).toBe('ISSUED');
    await eventually(async () => expect(await shop.state(id)).toEqual({ left: 1, pending: 0 }));
  });
});

describe('a death between the database and telling Redis', () => {
  const dying = () => shop.wired({ counters: { ...counters, settle: died } });

  it('keeps one for its member alone, who is told which it is', async () => {
    const { id } = await shop.coupon(survivor, { total: 1 });
    const member = newId();
    expect(await asks(dying(), id, member)).toBe('ISSUED');
    expect(await shop.state(id)).toEqual({ left: 0, pending: 1 });
    expect(await asks(survivor, id)).toBe('COUPON_SOLD_OUT');
    expect(await asks(survivor, id, member)).toBe('COUPON_ALREADY_ISSUED');
    expect(await shop.holders(id)).toEqual([member]);
  });

  it('is settled by the reconciler, and nothing is given back', async () => {
    const { id } = await shop.coupon(survivor, { total: 3 });
    expect(await asks(dying(), id)).toBe('ISSUED');
    const { life } = await shop.found(id);
    await shop.wired().reconcile(await shop.found(id));
    expect(await shop.state(id)).toEqual({ left: 2, pending: 0 });
    expect((await shop.found(id)).life).toBe(life);
  });
});

describe('the reconciler', () => {
  it('looks after every coupon, also beside one that cannot be asked for', async () => {
    const [away, lost] = [await shop.coupon(survivor, { total: 1 }), await shop.coupon(survivor, { total: 1 })];
    for (const { id } of [away, lost]) await expect(asks(shop.wired({ winners: { issue: died } }), id)).rejects.toThrow('died');
    const overdue: Counters['overdue'] = (coupon, wanted) => (coupon.id === away.id ? died() : counters.overdue(coupon, wanted));
    const part = createReconciler({
      ...shop.parts(),
      counters: { ...counters, overdue },
      restoreCounters: shop.wired().restore,
      pendingMs: 10,
    });
    await part.start();
    await eventually(async () => expect(await shop.state(lost.id)).toEqual({ left: 1, pending: 0 }));
    await part.stop();
    expect(await shop.state(away.id)).toEqual({ left: 0, pending: 1 });
  });
});

describe('a death while the counters are put together again', () => {
  it.each([
    ['after they were emptied', { put: died }],
    ['before they are marked', { mark: died }],
    [
      'after they were marked, before the commit',
      {
        mark: async (...args: Parameters<Counters['mark']>) => {
          await counters.mark(...args);
          await died();
        },
      },
    ],
  ])('%s lets another replica begin anew, also when an operator comes between', async (_when, deaths) => {
    const { id } = await shop.coupon(survivor, { total: 2 });
    const [owner, next] = [newId(), newId()];
    expect(await asks(survivor, id, owner)).toBe('ISSUED');
    const { restore } = shop.wired({ counters: { ...counters, ...deaths } });
    await expect(restore(id, (await shop.found(id)).life)).rejects.toThrow('died');
    expect(await asks(survivor, id, owner)).toBe('COUPON_ALREADY_ISSUED');
    await expect(restore(id, (await shop.found(id)).life)).rejects.toThrow('died');
    await shop.change(survivor, id, { name: 'Another' });
    expect([await asks(survivor, id, next), await asks(survivor, id)]).toEqual(['ISSUED', 'COUPON_SOLD_OUT']);
    expect(new Set(await shop.holders(id))).toEqual(new Set([owner, next]));
  });
});

describe('a Redis that is emptied while the counters are put together again', () => {
  it.each(['put', 'mark'] as const)('before %s: they are not taken for whole, and whoever asks next begins anew', async (step) => {
    const { id } = await shop.coupon(survivor, { total: 2 });
    const owner = newId();
    expect(await asks(survivor, id, owner)).toBe('ISSUED');
    const { restore } = shop.wired({
      counters: {
        ...counters,
        [step]: async (...args: [never, never]) => {
          await shop.redis.del(shop.key(id));
          await counters[step](...args);
        },
      },
    });
    await expect(restore(id, (await shop.found(id)).life)).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(await asks(survivor, id, owner)).toBe('COUPON_ALREADY_ISSUED');
    expect(await shop.state(id)).toEqual({ left: 1, pending: 0 });
  });
});

describe('a Redis that gave out more than there are', () => {
  it('is put right by the database, which issues none of them', async () => {
    const { id } = await shop.coupon(survivor, { total: 1 });
    const owner = newId();
    expect(await asks(survivor, id, owner)).toBe('ISSUED');
    await shop.redis.hset(shop.key(id), 'left', 5);
    expect(await asks(survivor, id)).toBe('COUPON_SOLD_OUT');
    expect(await shop.state(id)).toEqual({ left: 0, pending: 0 });
    expect(await shop.holders(id)).toEqual([owner]);
  });
});
