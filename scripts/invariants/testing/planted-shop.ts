import { memberHash } from '@onsale/shared/auth';
import { inTransaction, type Database } from '@onsale/shared/db';
import { createIdempotencyStore } from '@onsale/shared/idempotency';
import { idToBytes, newId, systemClock } from '@onsale/shared/ids';
import { createMetrics } from '@onsale/shared/metrics';
import type { Redis } from '@onsale/shared/redis';
import { captureLog, onceOf, testDatabase, testRedis, type TestDatabase } from '@onsale/shared/testing';
import { couponKeys } from '../../../services/commerce/src/coupons/counters/counters.ts';
import { createCoupons } from '../../../services/commerce/src/coupons/coupons.ts';
import { endAdmission, insertAdmissions } from '../../../services/queue/src/journal/journal-store.ts';
import { openQueue } from '../../../services/queue/src/queues/open-queue.ts';
import { SETTINGS } from '../../../services/queue/src/testing/build-queue.ts';
import * as reservations from '../../../services/reservation/src/holds/reservation-store.ts';
import * as schedules from '../../../services/reservation/src/schedules/schedule-store.ts';
import * as seats from '../../../services/reservation/src/seats/seat-store.ts';
import { migrationsOf } from '../../fleet/databases.ts';
import { verifyInvariants, type VerifyOptions } from '../verify-invariants.ts';
import { plantedOrders } from './planted-orders.ts';
import { plantedPayments, type Buyer } from './planted-payments.ts';

/** Of every seat, in points. */
export const PRICE = 1_000;
const SEATS = 10;
const HOLD_MS = 300_000;

const defaults = { ...SETTINGS, cap: 2, maxPollSeconds: 1 };

export interface Held extends Buyer {
  readonly seatId: number;
}

/** A queue with a cap of two, as an operator would have opened it, and what its journal remembers. */
const plantedQueue = async (db: Database, queueId: string) => {
  const open = openQueue({ clock: systemClock, defaults });
  await inTransaction(db, (trx) => open(trx, { id: queueId, patch: {}, actor: 'system' }));
  let turn = 0;
  return {
    /** By as many turns, in this order. */
    admits: (places: readonly { number?: number; memberId: string; lane?: string; late?: boolean }[]): Promise<void> => {
      const admissions = places.map(({ memberId, lane = 'standard', late = false, number: given }) => {
        turn += 1;
        const number = given ?? turn;
        return { number, member: memberHash(memberId), lane, score: number, turn, late };
      });
      return inTransaction(db, (trx) => insertAdmissions(trx, { queueId, windowSeconds: 600, admissions }));
    },
    lastTurn: () => turn,
    completes: (number: number) => endAdmission(db, { queueId, number, ending: 'COMPLETED' }),
  };
};

/** A schedule with a line of its own, and its seats. */
const plantedSeats = async (db: Database, scheduleId: string) => {
  const at = systemClock.now();
  const dates = { startsAt: at, durationMinutes: 120, salesOpenAt: at, createdAt: at };
  const layout = Array.from({ length: SEATS }, (_, i) => ({ section: 'A', grade: 'A', row: 'A', number: i + 1, price: PRICE, id: i + 1 }));
  await onceOf(db).transaction(db, async (trx) => {
    await schedules.insert(trx, { id: scheduleId, concertId: newId(), queueId: scheduleId, total: SEATS, ...dates });
    await seats.insert(trx, scheduleId, layout);
    return { id: scheduleId };
  });
  const keys = createIdempotencyStore({ db, clock: systemClock });
  const setOf = (seatId: number) => ({ scheduleId, seatIds: [seatId] });
  return {
    holds: ({ memberId, reservationId, key, seatId, number }: Held, forMs: number) => {
      const scope = { memberId, method: 'POST', path: '/api/v1/reservations', key, requestHash: Buffer.alloc(32) };
      return keys.once(scope).transaction(db, async (trx) => {
        const createdAt = (await seats.readSomeNow(trx, setOf(seatId))).now!;
        const expiresAt = new Date(createdAt.getTime() + forMs);
        const facts = { id: reservationId, memberId, scheduleId, queueId: scheduleId, queueNumber: number, amount: PRICE };
        await seats.hold(trx, setOf(seatId), reservationId, expiresAt);
        await reservations.insert(trx, { ...facts, createdAt, expiresAt }, [{ id: seatId, price: PRICE }]);
        return { id: reservationId };
      });
    },
    sells: ({ reservationId, seatId }: Held, sagaId: string) =>
      inTransaction(db, async (trx) => {
        await reservations.change(trx, [reservationId], { status: 'CONFIRMED', sagaId });
        await seats.sell(trx, setOf(seatId), reservationId);
        await seats.insertSales(trx, setOf(seatId), reservationId);
      }),
    releases: ({ reservationId, seatId }: Held) =>
      inTransaction(db, async (trx) => {
        await reservations.change(trx, [reservationId], { status: 'RELEASED' });
        await seats.free(trx, setOf(seatId), [reservationId]);
      }),
  };
};

/** A coupon of which there are three, one of them in the hands of a member. */
const plantedCoupon = async (db: Database, redis: Redis, namespace: string) => {
  const options = { db, redis, namespace, pendingMs: 60_000, clock: systemClock, newId };
  const coupons = createCoupons({ ...options, log: captureLog().log, metrics: createMetrics({ service: 'commerce', defaults: false }) });
  const [now, later] = [new Date(), new Date(Date.now() + HOLD_MS)];
  const times = { issueFrom: new Date(now.getTime() - HOLD_MS), issueUntil: later, validUntil: later };
  const discount = { type: 'AMOUNT', value: 100 } as const;
  const about = { name: 'A hundred off', total: 3, active: true, discount, ...times };
  const coupon = await coupons.createCoupon({ operatorId: newId(), ...about, once: onceOf(db) });
  await coupons.issueCoupon({ couponId: coupon.id, memberId: newId() });
  const [key] = couponKeys(namespace, coupon.id);
  return { id: coupon.id, key };
};

const emptied = async (db: Database): Promise<void> => {
  const [tables] = (await db.raw(`SELECT table_name AS name FROM information_schema.tables
    WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' AND table_name NOT LIKE 'migrations%'`)) as [{ name: string }[]];
  for (const { name } of tables) await db(name).delete();
};

/** The stores of a shop, for one spec file: to migrate them takes far longer than to empty them. */
export const plantedStores = async () => {
  const names = ['payment', 'reservation', 'queue', 'commerce'] as const;
  const [redis, ...schemas] = await Promise.all([
    testRedis(),
    ...names.map((service) => testDatabase({ migrations: migrationsOf(service) })),
  ]);
  const [payment, reservation, queue, commerce] = schemas as [TestDatabase, TestDatabase, TestDatabase, TestDatabase];
  return {
    payment,
    reservation,
    queue,
    commerce,
    redis,
    empty: () => Promise.all([redis.redis.flushdb(), ...schemas.map(({ db }) => emptied(db))]),
    drop: () => Promise.all([redis.stop(), ...schemas.map((schema) => schema.drop())]),
  };
};

export type PlantedStores = Awaited<ReturnType<typeof plantedStores>>;

/**
 * A shop without its services in empty stores, into which the services' own stores write what a sale leaves behind, and in which a spec plants a fault:
 * nothing mends it there.
 */
export const plantedShop = async ({ payment, reservation, queue, commerce, redis }: PlantedStores) => {
  const scheduleId = newId();
  const payments = plantedPayments(payment.db, { amount: PRICE, queueId: scheduleId });
  const line = await plantedQueue(queue.db, scheduleId);
  const shop = await plantedSeats(reservation.db, scheduleId);

  /** Admitted, and holding the seat for so long. */
  const holds = async ({ seatId, forMs = HOLD_MS }: { seatId: number; forMs?: number }): Promise<Held> => {
    const memberId = newId();
    await line.admits([{ memberId }]);
    const held = { memberId, reservationId: newId(), seatId, number: line.lastTurn(), key: newId() };
    await shop.holds(held, forMs);
    return held;
  };

  /** A whole purchase, as it is once its saga is through. */
  const buys = async ({ seatId }: { seatId: number }): Promise<Held & { paymentId: string }> => {
    const held = await holds({ seatId });
    const { paymentId } = await payments.begins(held);
    await payments.completes(held, paymentId);
    await shop.sells(held, paymentId);
    await line.completes(held.number);
    return { ...held, paymentId };
  };

  const stores = {
    databases: { payment: payment.url, reservation: reservation.url, queue: queue.url, commerce: commerce.url },
    redisUrl: redis.url,
    namespace: 'spec',
  };

  return {
    stores,
    scheduleId,
    payment: payment.db,
    reservation: reservation.db,
    queue: queue.db,
    commerce: commerce.db,
    redis: redis.redis,
    admits: line.admits,
    leaves: line.completes,
    holds,
    releases: shop.releases,
    pays: payments.begins,
    fails: payments.fails,
    buys,
    ...plantedOrders({ commerce: commerce.db, payment: payment.db }),
    coupon: () => plantedCoupon(commerce.db, redis.redis, stores.namespace),
    saga: (id: string) => payment.db('sagas').where({ id: idToBytes(id) }),
    /** Nothing moves in these stores, so that one look says all. */
    findings: (options: Partial<VerifyOptions> = {}) => verifyInvariants({ ...stores, patienceMs: 0, ...options }),
  };
};

export type PlantedShop = Awaited<ReturnType<typeof plantedShop>>;
