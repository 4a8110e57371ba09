import type { Database } from '@onsale/shared/db';
import type { Look } from '@onsale/shared/invariants';
import type { Redis } from '@onsale/shared/redis';
import { couponsAtWork } from './coupon-store.ts';
import { couponKeys } from './counters/counters.ts';

interface Deps {
  readonly db: Database;
  readonly redis: Redis;
  readonly namespace: string;
}

const COUPONS = 1000;

/** Counters of an older life decide nothing, so there is nothing to say of them. */
async function* disagreeing({ db, redis, namespace }: Deps): AsyncGenerator<string> {
  for (const { id, life, total, issued } of await couponsAtWork(db, { limit: COUPONS })) {
    const [coupon, pending] = couponKeys(namespace, id);
    const [[marker, left], unsettled] = await Promise.all([redis.hmget(coupon, 'marker', 'left'), redis.zcard(pending)]);
    if (typeof marker !== 'string' || marker.startsWith('restoring:') || !marker.endsWith(`:${life}`)) continue;
    const taken = total - Number(left);
    if (issued > taken || issued < taken - unsettled) yield id;
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
