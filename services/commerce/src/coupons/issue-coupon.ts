import type { MemberCoupon } from '@onsale/contracts/commerce';
import type { Database } from '@onsale/shared/db';
import type { Definitions } from '@onsale/shared/definitions';
import { notFound, Refusal } from '@onsale/shared/errors';
import type { Clock, NewId } from '@onsale/shared/ids';
import type { Metrics } from '@onsale/shared/metrics';
import { CouponAlreadyIssued, CouponNotActive, CouponSoldOut } from './coupon-errors.ts';
import { mayIssue, type Coupon } from './coupon.ts';
import type { Counters, Decision } from './counters/counters.ts';
import type { IssueWinners, Winner, Written } from './issue-winners.ts';
import { findIssuedAt } from './issued-store.ts';
import type { RestoreCounters } from './restore-counters.ts';

interface Deps {
  readonly db: Database;
  readonly definitions: Definitions<Coupon>;
  readonly counters: Counters;
  readonly issueWinners: IssueWinners;
  readonly restoreCounters: RestoreCounters;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly metrics: Metrics;
}

interface Asking {
  readonly couponId: string;
  readonly memberId: string;
  /** What theirs is to be called: a request that is asked again by the same id is the same one, and told the same. */
  readonly id?: string;
}

/** What nearly everybody is told in a stampede: made once, since a stack costs more than the decision. */
const soldOut = new CouponSoldOut();

/** A change by an operator takes two (the old life, then a Redis that does not know the new one); beyond these somebody keeps changing it. */
const TRIES = 6;

/**
 * Gives a member one of a coupon, first come, first served: decided in Redis, and in the database before it is answered. Those who get none never
 * touch the database. Nothing is decided while the two cannot be compared.
 * @throws Refusal NOT_FOUND; CouponNotActive; CouponSoldOut; CouponAlreadyIssued naming what the member has; OVERLOADED; whatever Redis throws when it is away
 */
export const issueCoupon = ({ db, definitions, counters, issueWinners, restoreCounters, clock, newId, metrics }: Deps) => {
  const decisions = metrics.counter({
    name: 'onsale_coupon_decisions_total',
    help: 'What members who asked for a coupon were told, by Redis or by the database',
    labels: ['outcome'],
  });

  const askOnce = async (winner: Winner): Promise<Exclude<Decision, { outcome: 'PENDING' }> | Written> => {
    const { coupon, memberId } = winner;
    if (!mayIssue(coupon, clock.now())) return { outcome: 'NOT_ACTIVE' };
    if (issueWinners.isBehind(coupon)) throw behind();
    const decision = await counters.decide(coupon, memberId);
    return decision.outcome === 'PENDING' ? issueWinners.issue(winner) : decision;
  };

  /** The member's own, where this request got it when it was asked before. */
  const hadByThis = async (coupon: Coupon, memberCouponId: string): Promise<MemberCoupon> => {
    const at = await findIssuedAt(db, memberCouponId);
    if (at === undefined) throw new Error('a coupon that Redis says is issued is not there');
    return issuedView(coupon, { memberCouponId, at });
  };

  return async ({ couponId, memberId, id = newId() }: Asking): Promise<MemberCoupon> => {
    for (let tries = 1; tries <= TRIES; tries += 1) {
      const coupon = await definitions.get(couponId);
      if (coupon === undefined) throw notFound('coupon');
      const told = await askOnce({ coupon, memberId, id });
      decisions.inc({ outcome: told.outcome });
      switch (told.outcome) {
        case 'ISSUED':
          return issuedView(coupon, told);
        case 'HAD':
          if (told.memberCouponId === id) return hadByThis(coupon, id);
          throw new CouponAlreadyIssued(told.memberCouponId);
        case 'NOT_ACTIVE':
          throw new CouponNotActive(coupon);
        case 'SOLD_OUT':
          throw soldOut;
        case 'UNMARKED':
        case 'OVER':
          await restoreCounters(couponId, coupon.life);
          break;
        case 'OLD_LIFE':
          break;
      }
      definitions.forget(couponId);
    }
    throw new Refusal('OVERLOADED', 'This coupon is being changed. Ask again in a moment.', { retryAfterSeconds: 1 });
  };
};

const behind = (): Refusal =>
  new Refusal('OVERLOADED', 'Others wait for this coupon to be written down. Ask again in a moment.', { retryAfterSeconds: 1 });

const issuedView = (
  { id, name, discount, validUntil }: Coupon,
  { memberCouponId, at }: { memberCouponId: string; at: Date },
): MemberCoupon => ({
  id: memberCouponId,
  couponId: id,
  name,
  discount,
  status: 'ISSUED',
  validUntil: validUntil.toISOString(),
  issuedAt: at.toISOString(),
});
