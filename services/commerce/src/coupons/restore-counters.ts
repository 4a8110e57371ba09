import { inTransaction, type Database } from '@onsale/shared/db';
import type { Clock, NewId } from '@onsale/shared/ids';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import { createTurns } from '@onsale/shared/turns';
import { beginLife, lockCoupon } from './coupon-store.ts';
import type { Counters } from './counters/counters.ts';
import { allIssued } from './issued-store.ts';

interface Deps {
  readonly db: Database;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Rows read and told at a time. */
const STEP = 5000;
/** Each holds a connection, of the pool's ten, for up to seconds; after a Redis that was lost all coupons are asked for at once. */
const TURNS = { what: 'coupons that are put together again', atOnce: 2, waiting: 100 };
const TURN_WAIT_MS = 3000;

/**
 * Begins a new life of a coupon's counters, from what the database holds: after Redis was emptied, restarted or failed over, after an operator has
 * changed the coupon, and to give back what nobody will write any more. Once for each reason: `lost` is the life that was found not to hold.
 *
 * The calls to Redis stand inside the transaction because the lock of the coupon's row is what keeps anything from being issued meanwhile, and two
 * replicas from restoring at once; it falls with the process that holds it. Nothing that was decided in an older life is issued afterwards, so what is
 * read here is all there is. A life's name is never used again: one that was marked by a process that died before its commit is nobody's.
 * @throws Refusal OVERLOADED when too many other coupons come first; whatever Redis or the database throws. Whoever asks next begins anew
 */
export const restoreCounters = ({ db, counters, clock, newId, log, metrics }: Deps) => {
  const restorations = metrics.counter({
    name: 'onsale_coupon_restorations_total',
    help: 'Times that the counters of a coupon were put together from the database',
  });
  const turns = createTurns(TURNS);
  const underWay = new Map<string, Promise<void>>();

  const restore = async (couponId: string, lost: string): Promise<void> => {
    const restored = await inTransaction(db, async (trx) => {
      const locked = await lockCoupon(trx, couponId);
      if (locked === undefined || locked.life !== lost) return undefined;
      const coupon = { ...locked, life: newId() };
      await counters.reset(coupon);
      let issued = 0;
      for await (const step of allIssued(trx, { couponId, step: STEP })) {
        await counters.put(coupon, step);
        issued += step.length;
      }
      await beginLife(trx, coupon);
      await counters.mark(coupon, { left: coupon.total - issued, now: clock.now() });
      return { issued };
    });
    if (restored === undefined) return;
    restorations.inc();
    log.info({ couponId, ...restored }, 'the counters of a coupon were put together from the database');
  };

  return (couponId: string, lost: string): Promise<void> => {
    const atItsTurn = (): Promise<void> => turns.take(() => restore(couponId, lost), AbortSignal.timeout(TURN_WAIT_MS));
    const flight = underWay.get(couponId) ?? atItsTurn().finally(() => underWay.delete(couponId));
    underWay.set(couponId, flight);
    return flight;
  };
};

export type RestoreCounters = ReturnType<typeof restoreCounters>;
