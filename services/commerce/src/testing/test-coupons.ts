import { setTimeout as rest } from 'node:timers/promises';
import type { Coupon, MemberCoupon } from '@onsale/contracts/commerce';
import { createDatabase, isRetriable, type Database } from '@onsale/shared/db';
import { createDefinitions } from '@onsale/shared/definitions';
import { Refusal } from '@onsale/shared/errors';
import { runChecks } from '@onsale/shared/invariants';
import { bytesToId, idToBytes, newId, systemClock } from '@onsale/shared/ids';
import { createMetrics } from '@onsale/shared/metrics';
import { createRedis, isRedisAway, type Redis } from '@onsale/shared/redis';
import { captureLog, onceOf, testDatabase, testRedis } from '@onsale/shared/testing';
import { couponChecks } from '../coupons/coupon-checks.ts';
import { findCoupon } from '../coupons/coupon-store.ts';
import type { CouponSettings } from '../coupons/coupon.ts';
import { createCoupons, type Coupons } from '../coupons/coupons.ts';
import { createCounters, type Counters } from '../coupons/counters/counters.ts';
import { issueCoupon } from '../coupons/issue-coupon.ts';
import { issueWinners, type IssueWinners } from '../coupons/issue-winners.ts';
import { reconcileCoupon } from '../coupons/reconciler.ts';
import { restoreCounters } from '../coupons/restore-counters.ts';

const HOUR_MS = 3_600_000;
const operatorId = newId();

export interface ReplicaOptions {
  readonly redisUrl: string;
  /** So long may a winner stay unwritten; by default nobody is overdue while a test runs. */
  readonly pendingMs?: number;
  /** Stands before its database or its Redis. */
  readonly between?: (engines: { db: Database; redis: Redis }) => { db: Database; redis: Redis };
}

/** What somebody who asked for a coupon was told: `ISSUED`, or a code. Anything but a refusal is a fault. */
export const outcomeOf = (asked: Promise<MemberCoupon>): Promise<string> =>
  asked.then(
    ({ status }) => status,
    (error: unknown) => {
      if (error instanceof Refusal) return error.code;
      throw error;
    },
  );

/** Asks until it is told something: a busy machine, or a Redis that is being put together, may refuse for the moment. */
export const insistedOutcomeOf = async (ask: () => Promise<MemberCoupon>): Promise<string> => {
  for (;;) {
    const told = await outcomeOf(ask()).catch((error: unknown) => {
      if (isRedisAway(error) || isRetriable(error)) return 'OVERLOADED'; // as the doors tell it
      throw error;
    });
    if (told !== 'OVERLOADED') return told;
    await rest(20);
  }
};

/** Coupons on a schema of their own: any number of replicas, none of which reconciles by itself, and what the database holds. */
export const testCoupons = async () => {
  const database = await testDatabase({ migrations: new URL('../../migrations/', import.meta.url), acquireTimeoutMs: 25_000 });
  const { log, text } = captureLog();
  const pools: Database[] = [];
  const connections: Redis[] = [];

  const replica = ({ redisUrl, pendingMs = HOUR_MS, between = (engines) => engines }: ReplicaOptions): Coupons => {
    const own = createDatabase({ url: database.url, log, acquireTimeoutMs: 25_000 });
    const connection = createRedis({ url: redisUrl, name: 'replica', log, commandMs: 20_000 });
    pools.push(own);
    connections.push(connection);
    const metrics = createMetrics({ service: 'commerce', defaults: false });
    const engines = between({ db: own, redis: connection });
    return createCoupons({ ...engines, namespace: 'test', pendingMs, clock: systemClock, newId, log, metrics });
  };

  return {
    db: database.db,
    logged: text,
    replica,
    key: (couponId: string): string => `test:coupon:{${couponId}}`,
    /** A coupon that is given out for an hour, from a minute ago. */
    coupon: (coupons: Coupons, given: Partial<CouponSettings> = {}): Promise<Coupon> => {
      const now = Date.now();
      const times = { issueFrom: new Date(now - 60_000), issueUntil: new Date(now + HOUR_MS), validUntil: new Date(now + 2 * HOUR_MS) };
      const settings = { name: 'Ten percent', total: 10, active: true, ...times, ...given };
      return coupons.createCoupon({ operatorId, ...settings, discount: { type: 'PERCENT', value: 10 }, once: onceOf(database.db) });
    },
    change: (coupons: Coupons, id: string, patch: Partial<CouponSettings>) => coupons.changeCoupon({ operatorId, id, patch }),
    /** Who has one. */
    holders: async (couponId: string): Promise<string[]> => {
      const rows: { member_id: Buffer }[] = await database
        .db('member_coupons')
        .where({ coupon_id: idToBytes(couponId) })
        .select('member_id');
      return rows.map(({ member_id }) => bytesToId(member_id));
    },
    /** What contradicts the sentences about coupons. */
    offences: async (): Promise<string[]> =>
      (await runChecks(database.db, couponChecks)).filter(({ violations }) => violations > 0).map(({ says }) => says),
    stop: async () => {
      for (const connection of connections) connection.disconnect();
      await Promise.all(pools.map((pool) => pool.destroy()));
      await database.drop();
    },
  };
};

export type TestCoupons = Awaited<ReturnType<typeof testCoupons>>;

/**
 * Coupons at one replica, and what a test needs to wire another one by itself, which shares the connections of the first: so that it can leave out the steps
 * that a dying process would have left out.
 */
export const testReplica = async () => {
  const [engine, shop] = await Promise.all([testRedis(), testCoupons()]);
  const { log } = captureLog();
  const counters = createCounters({ redis: engine.redis, namespace: 'test' });
  let db = shop.db;
  const replica = shop.replica({
    redisUrl: engine.url,
    between: (engines) => {
      ({ db } = engines);
      return engines;
    },
  });
  const parts = () => ({ db, clock: systemClock, newId, log, metrics: createMetrics({ service: 'commerce', defaults: false }) });

  return {
    ...shop,
    replica,
    redis: engine.redis,
    counters,
    parts,
    /** Another replica, with these in the place of its own. */
    wired: (given: { counters?: Counters; winners?: Partial<IssueWinners> } = {}) => {
      const deps = { ...parts(), counters, ...given };
      const restore = restoreCounters(deps);
      const winners = { ...issueWinners(deps), ...given.winners };
      const definitions = createDefinitions({ read: (id) => findCoupon(shop.db, id), log });
      return {
        issueCoupon: issueCoupon({ ...deps, definitions, issueWinners: winners, restoreCounters: restore }),
        restore,
        /** Looks after everybody who is pending now. */
        reconcile: reconcileCoupon({ ...deps, restoreCounters: restore, pendingMs: 0 }),
      };
    },
    /** A coupon as the database has it now. */
    found: async (couponId: string) => (await findCoupon(shop.db, couponId))!,
    /** How many are left of a coupon, and pending, by Redis. */
    state: async (couponId: string) => {
      const key = shop.key(couponId);
      const [left, pending] = await Promise.all([engine.redis.hget(key, 'left'), engine.redis.zcard(`${key}:pending`)]);
      return { left: Number(left), pending };
    },
    stop: async (): Promise<void> => {
      await shop.stop();
      await engine.stop();
    },
  };
};

export type TestReplica = Awaited<ReturnType<typeof testReplica>>;
