import type { Database } from '@onsale/shared/db';
import { loop, type Part } from '@onsale/shared/lifecycle';
import type { Log } from '@onsale/shared/log';
import { couponsAtWork } from './coupon-store.ts';
import type { Coupon } from './coupon.ts';
import type { Counters } from './counters/counters.ts';
import { findIssued } from './issued-store.ts';
import type { RestoreCounters } from './restore-counters.ts';

interface Deps {
  readonly db: Database;
  readonly counters: Counters;
  readonly restoreCounters: RestoreCounters;
  /** So long may somebody be pending. */
  readonly pendingMs: number;
  readonly log: Log;
}

const COUPONS = 100;
const MEMBERS = 500;

/** Looks twice in the time that somebody may be pending. */
const looksEveryMs = (pendingMs: number): number => pendingMs / 2;

/**
 * Looks after members who stay pending, for a death or an error came between Redis' decision and the database, or between the database and telling
 * Redis. Those whom the database knows are settled. The others' are given back by a new life of the coupon: whoever was about to write one of them,
 * and is only slow, is refused by the database, and asks Redis again.
 */
export const reconcileCoupon =
  ({ db, counters, restoreCounters, pendingMs, log }: Deps) =>
  async (coupon: Coupon): Promise<void> => {
    const overdue = await counters.overdue(coupon, { afterMs: pendingMs, most: MEMBERS });
    if (overdue.length === 0) return;
    const issued = await findIssued(db, { couponId: coupon.id, memberIds: overdue });
    if (issued.size > 0) await counters.settle(coupon, [...issued.values()]);
    if (issued.size === overdue.length) return;
    log.warn({ couponId: coupon.id, members: overdue.length - issued.size }, 'coupons that nobody wrote down are given back');
    await restoreCounters(coupon.id, coupon.life);
  };

/** `reconcileCoupon` of all coupons that are given out now; one that cannot be asked for, as its node of a cluster is away, keeps no other waiting. */
export const createReconciler = (deps: Deps): Part => {
  const reconcile = reconcileCoupon(deps);
  const failed = (error: unknown, couponId?: string): void =>
    deps.log.warn({ err: error, couponId }, 'coupons that are pending were not looked after');
  return loop({
    name: 'coupon-reconciler',
    everyMs: looksEveryMs(deps.pendingMs),
    turn: async (signal) => {
      for await (const coupons of couponsAtWork(deps.db, { step: COUPONS })) {
        if (signal.aborted) return;
        await Promise.all(coupons.map((coupon) => reconcile(coupon).catch((error: unknown) => failed(error, coupon.id))));
      }
    },
    onError: failed,
  });
};
