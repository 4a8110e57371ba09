import { newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Coupons } from '../../services/commerce/src/coupons/coupons.ts';
import { insistedOutcomeOf, testCoupons, type TestCoupons } from '../../services/commerce/src/testing/test-coupons.ts';
import { hasCopy, startRedisNodes, type RedisNode, type RedisNodes } from '../kit/redis-nodes.ts';

const TOTAL = 50;

let nodes: RedisNodes;
let master: RedisNode;
let copy: RedisNode;
let shop: TestCoupons;
let replicas: readonly [Coupons, Coupons];
/** Those who talk to the other node: what they are after a failover. */
let failedOver: readonly [Coupons, Coupons];
beforeAll(async () => {
  [nodes, shop] = await Promise.all([startRedisNodes(2), testCoupons()]);
  [master, copy] = [await nodes.start({}), await nodes.start({})];
  const two = ({ port }: RedisNode) => {
    const one = (): Coupons => shop.replica({ redisUrl: `redis://127.0.0.1:${port}` });
    return [one(), one()] as const;
  };
  [replicas, failedOver] = [two(master), two(copy)];
});
afterAll(async () => {
  await shop?.stop();
  await nodes?.stop();
});
afterEach(async () => expect(await shop.offences()).toEqual([]));

/** So many new members, each at the next replica, and each until it is told something. */
const crowd = (count: number, couponId: string, at: readonly [Coupons, Coupons] = replicas): Promise<string[]> =>
  Promise.all(
    Array.from({ length: count }, (_, n) => {
      const memberId = newId();
      return insistedOutcomeOf(() => at[n % 2]!.issueCoupon({ couponId, memberId }));
    }),
  );
const holders = async (couponId: string): Promise<number> => new Set(await shop.holders(couponId)).size;

describe('a Redis that is lost while coupons are given out at two replicas', () => {
  it('by SIGKILL, and comes back with nothing: all are issued, none twice, and nobody is told one thing and has another', async () => {
    const { id } = await shop.coupon(replicas[0], { total: TOTAL });
    expect(await crowd(TOTAL / 5, id)).toEqual(Array.from({ length: TOTAL / 5 }, () => 'ISSUED'));
    const inTheMidst = crowd(TOTAL * 2, id);
    master = await master.again();
    const told = [...(await inTheMidst), ...(await crowd(TOTAL, id))];
    expect(await holders(id)).toBe(TOTAL);
    const got = told.filter((one) => one === 'ISSUED' || one === 'COUPON_ALREADY_ISSUED');
    expect([got.length, told.filter((one) => one === 'COUPON_SOLD_OUT').length]).toEqual([TOTAL - TOTAL / 5, told.length - got.length]);
  });

  it('to a replica that had not heard of the last ones: they stay issued, and no more than there are', async () => {
    const { id } = await shop.coupon(replicas[0], { total: TOTAL });
    await crowd(TOTAL / 2, id);
    await copy.client.replicaof('127.0.0.1', master.port);
    await eventually(() => hasCopy(copy));
    await eventually(async () => expect(await copy.client.hget(shop.key(id), 'left')).toBe(String(TOTAL / 2)));
    await copy.client.replicaof('NO', 'ONE');
    await crowd(TOTAL / 4, id);
    expect(await crowd(1, id, failedOver)).toEqual(['ISSUED']);
    expect(Number(await copy.client.hget(shop.key(id), 'left'))).toBe(TOTAL - (await holders(id)));

    await Promise.all([crowd(TOTAL, id), crowd(TOTAL, id, failedOver)]); // some still talk to the one that was master
    expect(await holders(id)).toBe(TOTAL);
    expect(await crowd(2, id, failedOver)).toEqual(['COUPON_SOLD_OUT', 'COUPON_SOLD_OUT']);
  });
});
