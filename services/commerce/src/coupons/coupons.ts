import type { CrashPoints } from '@onsale/shared/crash';
import type { Database } from '@onsale/shared/db';
import { createDefinitions } from '@onsale/shared/definitions';
import type { Clock, NewId } from '@onsale/shared/ids';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import type { Redis } from '@onsale/shared/redis';
import { changeCoupon } from './change-coupon.ts';
import { findCoupon } from './coupon-store.ts';
import { createCounters } from './counters/counters.ts';
import { createCoupon } from './create-coupon.ts';
import { issueCoupon } from './issue-coupon.ts';
import { issueCoupons } from './issue-coupons.ts';
import { issueWinners } from './issue-winners.ts';
import { readCoupons } from './read-coupons.ts';
import { createReconciler, reconcileCoupon } from './reconciler.ts';
import { restoreCounters } from './restore-counters.ts';

export interface CouponsOptions {
  readonly db: Database;
  readonly redis: Redis;
  readonly namespace: string;
  /** So long may a winner stay unwritten before theirs is given back. */
  readonly pendingMs: number;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly crash?: CrashPoints | undefined;
}

/** Coupons without their doors: every use case, wired by hand on the engines, and the reconciler with its step. */
export const createCoupons = ({ db, redis, namespace, pendingMs, clock, newId, log, metrics, crash }: CouponsOptions) => {
  const counters = createCounters({ redis, namespace });
  const definitions = createDefinitions({ read: (id) => findCoupon(db, id), log });
  const restore = restoreCounters({ db, counters, clock, newId, log, metrics });
  const winners = issueWinners({ db, counters, clock, log, crash });
  const issue = issueCoupon({ db, definitions, counters, issueWinners: winners, restoreCounters: restore, clock, newId, metrics });
  const reconciling = { db, counters, restoreCounters: restore, pendingMs, log };
  return {
    readCoupons: readCoupons({ db }),
    issueCoupon: issue,
    issueCoupons: issueCoupons({ issueCoupon: issue, log }),
    createCoupon: createCoupon({ db, clock, newId }),
    changeCoupon: changeCoupon({ db, newId, definitions }),
    reconcile: reconcileCoupon(reconciling),
    reconciler: createReconciler(reconciling),
  };
};

export type Coupons = ReturnType<typeof createCoupons>;
