import { during, type CrashPoints } from '@onsale/shared/crash';
import { inTransaction, type Database, type Trx } from '@onsale/shared/db';
import { createGather } from '@onsale/shared/gather';
import type { Clock, NewId } from '@onsale/shared/ids';
import type { Log } from '@onsale/shared/log';
import type { Coupon } from './coupon.ts';
import { addIssued, lockCoupon } from './coupon-store.ts';
import type { Counters } from './counters/counters.ts';
import { findIssued, insertIssued, type Issued } from './issued-store.ts';

interface Deps {
  readonly db: Database;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
  readonly crash?: CrashPoints | undefined;
}

/** Somebody to whom Redis gave one in this life of the coupon. */
export interface Winner {
  readonly coupon: Coupon;
  readonly memberId: string;
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
/** Of the pool's ten connections. */
const TRANSACTIONS = 2;
const WAITING = 10_000;
const WAIT_MS = 3000;

type Outcome = PromiseSettledResult<readonly Written[]>;

/** Writes the winners of one coupon in one transaction; the coupon's row is locked, so what it says of lives and numbers holds. */
const write = async (
  trx: Trx,
  { coupon: { id, life }, winners, newId, at }: { coupon: Coupon; winners: readonly Winner[]; newId: NewId; at: Date },
): Promise<Written[]> => {
  const now = await lockCoupon(trx, id);
  if (now?.life !== life) return winners.map(() => ({ outcome: 'OLD_LIFE' }));
  const had = await findIssued(trx, { couponId: id, memberIds: winners.map(({ memberId }) => memberId) });
  const fresh = new Map<string, Issued>();
  const written = winners.map(({ memberId }): Written => {
    const before = had.get(memberId) ?? fresh.get(memberId);
    if (before !== undefined) return { outcome: 'HAD', memberCouponId: before.id };
    const issued = { id: newId(), memberId };
    fresh.set(memberId, issued);
    return { outcome: 'ISSUED', memberCouponId: issued.id, at };
  });
  if (fresh.size === 0) return written;
  if (!(await addIssued(trx, { id, count: fresh.size }))) return winners.map(() => ({ outcome: 'OVER' }));
  await insertIssued(trx, { couponId: id, issued: [...fresh.values()], at });
  return written;
};

/**
 * Writes winners to the database before anybody is told. Those who come while others are being written go together in the next transaction, so a
 * stampede costs a few of them. A death, or an error, leaves them pending in Redis: the member's next try comes here again, or the reconciler gives
 * theirs back.
 * @throws Refusal OVERLOADED; whatever the database throws
 */
export const issueWinners = ({ db, counters, clock, newId, log, crash }: Deps) => {
  const writeOne = async (winners: readonly Winner[]): Promise<Written[]> => {
    const { coupon } = winners[0]!;
    const written = await during(crash, 'coupon-issue', () =>
      inTransaction(db, (trx) => write(trx, { coupon, winners, newId, at: clock.now() })),
    );
    const issued = written.flatMap((one, i) =>
      'memberCouponId' in one ? [{ id: one.memberCouponId, memberId: winners[i]!.memberId }] : [],
    );
    // not waited for: the database has it, and what stays pending is looked after
    if (issued.length > 0) counters.settle(coupon, issued).catch((error: unknown) => log.debug({ err: error }, 'winners stay pending'));
    return written;
  };

  /** One coupon after the other; what fails for one is not the others' concern. */
  const writeAll = async (winners: readonly Winner[]): Promise<(() => Written)[]> => {
    const outcomes = new Map<Winner, () => Written>();
    for (const together of Map.groupBy(winners, ({ coupon }) => coupon.life).values()) {
      const [outcome] = (await Promise.allSettled([writeOne(together)])) as [Outcome];
      together.forEach((winner, i) =>
        outcomes.set(winner, () => {
          if (outcome.status === 'rejected') throw outcome.reason;
          return outcome.value[i]!;
        }),
      );
    }
    return winners.map((winner) => outcomes.get(winner)!);
  };

  const gather = createGather({
    ask: writeAll,
    maxBatch: TOGETHER,
    maxInFlight: TRANSACTIONS,
    maxWaiting: WAITING,
    waitMs: WAIT_MS,
    monotonic: () => performance.now(),
  });

  return async (winner: Winner): Promise<Written> => (await gather(winner))();
};

export type IssueWinners = ReturnType<typeof issueWinners>;
