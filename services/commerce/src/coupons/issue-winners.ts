import { during, type CrashPoints } from '@onsale/shared/crash';
import { inTransaction, type Database, type Trx } from '@onsale/shared/db';
import { createKeyedGather } from '@onsale/shared/gather';
import type { Clock } from '@onsale/shared/ids';
import type { Log } from '@onsale/shared/log';
import { createTurns } from '@onsale/shared/turns';
import type { Coupon } from './coupon.ts';
import { addIssued, lockCoupon } from './coupon-store.ts';
import type { Counters } from './counters/counters.ts';
import { findIssued, insertIssued, type Issued } from './issued-store.ts';

interface Deps {
  readonly db: Database;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly log: Log;
  readonly crash?: CrashPoints | undefined;
  /** Winners who wait for so long are more than enough: see `isBehind`. */
  readonly longMs?: number;
}

/** Somebody to whom Redis gave one in this life of the coupon. */
export interface Winner {
  readonly coupon: Coupon;
  readonly memberId: string;
  /** What theirs is to be called. */
  readonly id: string;
}

/**
 * ISSUED: it is in the database now. HAD: it was, from another request of the same member. OLD_LIFE: Redis has to be asked again. OVER: Redis gave out
 * more than there are, which nothing of ours does; its counters are to be put together again.
 */
export type Written =
  | { readonly outcome: 'ISSUED'; readonly memberCouponId: string; readonly at: Date }
  | { readonly outcome: 'HAD'; readonly memberCouponId: string }
  | { readonly outcome: 'OLD_LIFE' | 'OVER' };

/** Winners of one transaction: some milliseconds of work. */
const TOGETHER = 500;
/** Each coupon has a line of its own, and one transaction at a time: a second one would wait for the row that the first has locked. */
const LINE = { maxKeys: 1000, maxBatch: TOGETHER, maxInFlight: 1, maxWaiting: 10_000, waitMs: 3000 };
/** Transactions of all coupons, of the pool's ten connections: where the rows of some are locked for long, there is one for the others. */
const TURNS = { what: 'coupons', atOnce: 3, waiting: LINE.maxKeys };
const TURN_WAIT_MS = 2000;
/** One try for the lock of a row, which takes 3 s at most: those in line would not wait for another. */
const RETRY_WITHIN_MS = 2000;
const LONG_MS = 1500;

/** Writes the winners of one coupon in one transaction; the coupon's row is locked, so what it says of lives and numbers holds. */
const write = async (trx: Trx, { coupon, winners, at }: { coupon: Coupon; winners: readonly Winner[]; at: Date }): Promise<Written[]> => {
  const { id: couponId, life } = coupon;
  const now = await lockCoupon(trx, couponId);
  if (now?.life !== life) return winners.map(() => ({ outcome: 'OLD_LIFE' }));
  const had = await findIssued(trx, { couponId, memberIds: winners.map(({ memberId }) => memberId) });
  const fresh = new Map<string, Issued>();
  const written = winners.map(({ memberId, id }): Written => {
    const before = had.get(memberId) ?? fresh.get(memberId);
    if (before !== undefined) return { outcome: 'HAD', memberCouponId: before.id };
    fresh.set(memberId, { id, memberId });
    return { outcome: 'ISSUED', memberCouponId: id, at };
  });
  if (fresh.size === 0) return written;
  if (!(await addIssued(trx, { id: couponId, count: fresh.size }))) return winners.map(() => ({ outcome: 'OVER' }));
  await insertIssued(trx, { couponId, issued: [...fresh.values()], at });
  return written;
};

/**
 * Writes winners to the database before anybody is told. Those of a coupon who come while others of it are being written go together in the next
 * transaction, so a stampede costs a few of them. A coupon whose row is locked for long keeps no other waiting, as long as a turn is left. A death, or an
 * error, leaves winners pending in Redis: the member's next try comes here again, or the reconciler gives theirs back.
 */
export const issueWinners = ({ db, counters, clock, log, crash, longMs = LONG_MS }: Deps) => {
  const turns = createTurns(TURNS);
  /** Since when the winners of a life that are being written have waited for it. */
  const since = new Map<string, number>();
  const monotonic = (): number => performance.now();

  const writeAll = async (winners: readonly Winner[]): Promise<Written[]> => {
    const { coupon } = winners[0]!;
    const written = await during(crash, 'coupon-issue', () =>
      inTransaction(db, (trx) => write(trx, { coupon, winners, at: clock.now() }), { retryWithinMs: RETRY_WITHIN_MS }),
    );
    const issued = written.flatMap((one, i) =>
      'memberCouponId' in one ? [{ id: one.memberCouponId, memberId: winners[i]!.memberId }] : [],
    );
    // not waited for: the database has it, and what stays pending is looked after
    if (issued.length > 0) counters.settle(coupon, issued).catch((error: unknown) => log.debug({ err: error }, 'winners stay pending'));
    return written;
  };

  const atItsTurn = async (life: string, winners: readonly Winner[]): Promise<Written[]> => {
    since.set(life, monotonic());
    try {
      return await turns.take(() => writeAll(winners), AbortSignal.timeout(TURN_WAIT_MS));
    } finally {
      since.delete(life);
    }
  };
  const gather = createKeyedGather({ ...LINE, ask: atItsTurn, monotonic });

  return {
    /** @throws Refusal OVERLOADED; whatever the database throws */
    issue: (winner: Winner): Promise<Written> => gather(winner.coupon.life, winner),

    /** Whether winners wait for so long that Redis had better promise the coupon to nobody else for now: who is not written in time stays pending. */
    isBehind: ({ life }: Coupon): boolean => monotonic() - (since.get(life) ?? Infinity) >= longMs,
  };
};

export type IssueWinners = ReturnType<typeof issueWinners>;
