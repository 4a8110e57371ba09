import type { Database } from '@onsale/shared/db';
import type { Look } from '@onsale/shared/invariants';
import type { Redis } from '@onsale/shared/redis';
import type { Coupon } from './coupon.ts';
import { couponsAtWork } from './coupon-store.ts';
import { couponKeys } from './counters/counters.ts';

interface Deps {
  readonly db: Database;
  readonly redis: Redis;
  readonly namespace: string;
}

const COUPONS = 100;

/** Counters of an older life decide nothing, so there is nothing to say of them. */
const disagrees = async ({ id, life, total, issued }: Coupon, { redis, namespace }: Deps): Promise<boolean> => {
  const [coupon, pending] = couponKeys(namespace, id);
  const [[marker, left], unsettled] = await Promise.all([redis.hmget(coupon, 'marker', 'left'), redis.zcard(pending)]);
  if (typeof marker !== 'string' || marker.startsWith('restoring:') || !marker.endsWith(`:${life}`)) return false;
  const taken = total - Number(left);
  return issued > taken || issued < taken - unsettled;
};

async function* disagreeing(deps: Deps): AsyncGenerator<string> {
  for await (const coupons of couponsAtWork(deps.db, { step: COUPONS })) {
    for (const coupon of coupons) if (await disagrees(coupon, deps)) yield coupon.id;
  }
}

/** Whether Redis and the database tell the same of coupons that are given out now (I4); nothing is written. */
export const counterLooks = (deps: Deps): Look[] => [
  {
    invariant: 'I4',
    says: 'Redis has as many of a coupon left as the database, but for those who are pending',
    find: () => disagreeing(deps),
  },
];
