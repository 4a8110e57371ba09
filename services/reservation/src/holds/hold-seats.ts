import { reservationHeld, type Reservation } from '@onsale/contracts/reservation';
import type { Admission, Member } from '@onsale/shared/auth';
import type { Database, Trx } from '@onsale/shared/db';
import type { Once } from '@onsale/shared/idempotency';
import type { Clock, NewId } from '@onsale/shared/ids';
import type { Locks } from '@onsale/shared/locks';
import { eventOf, type Outbox } from '@onsale/shared/outbox';
import { findSchedule } from '../schedules/find-schedule.ts';
import type { ScheduleRow } from '../schedules/schedule-store.ts';
import { visibleStatus } from '../seats/seat-state.ts';
import * as seats from '../seats/seat-store.ts';
import type { SeatRow } from '../seats/seat-store.ts';
import { assertAdmitted } from './admission.ts';
import type { ExpireReservations } from './expire-reservations.ts';
import type { HoldPolicy } from './policy.ts';
import { withinLimit } from './member-limit.ts';
import { SeatTaken, SeatUnknown } from './refusals.ts';
import { mayExpire } from './reservation-state.ts';
import * as reservations from './reservation-store.ts';
import { factOf, reservationView } from './reservation-view.ts';
import { assertOnSale } from './sale-window.ts';

interface Deps {
  readonly db: Database;
  readonly locks: Locks;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly policy: HoldPolicy;
  readonly expireReservations: ExpireReservations;
}

interface HoldSeats {
  readonly member: Member;
  readonly admission: Admission;
  readonly once: Once;
  readonly scheduleId: string;
  readonly seatIds: readonly string[];
}

const seatKey =
  (scheduleId: string) =>
  (seatId: number): string =>
    `seat:${scheduleId}:${seatId}`;

/** One member's requests for a schedule come one after the other, before they take a connection each. */
const memberKey = (scheduleId: string, { id }: Member): string => `member:${scheduleId}:${id}`;

const idsOf = (rows: readonly SeatRow[]): number[] => rows.map(({ id }) => id);

/** @throws SeatUnknown, SeatTaken */
const assertFree = (seatIds: readonly number[], found: readonly SeatRow[]): void => {
  const known = new Set(idsOf(found));
  const unknown = seatIds.filter((id) => !known.has(id));
  if (unknown.length > 0) throw new SeatUnknown(unknown);
  const taken = found.filter((seat) => visibleStatus(seat) !== 'AVAILABLE');
  if (taken.length > 0) throw new SeatTaken(idsOf(taken));
};

/**
 * Holds the named seats for one member for `policy.holdMs`, by the database's clock: all of them or none.
 * @throws MemberLimit; SeatTaken naming the seats that are held or sold; SeatUnknown; SaleNotOpen; QueueWrong; Refusal NOT_FOUND for the schedule; BUSY when the
 * locks were not had in time
 */
export const holdSeats = (deps: Deps) => {
  const { db, locks, clock } = deps;
  const take = takeSeats(deps);
  return async ({ member, admission, once, scheduleId, seatIds }: HoldSeats): Promise<Reservation> => {
    const schedule = await findSchedule(db, scheduleId);
    assertOnSale(schedule, clock.now());
    assertAdmitted(schedule, admission);
    const wanted = seatIds.map(Number);
    assertFree(wanted, await seats.readSome(db, { scheduleId, seatIds: wanted })); // a plain read: most of a stampede ends here

    return locks.holding([memberKey(scheduleId, member), ...wanted.map(seatKey(scheduleId))], () =>
      once.transaction(db, (trx) => take(trx, { schedule, member, admission, wanted })),
    );
  };
};

/** What happens inside the transaction. */
const takeSeats = ({ outbox, newId, policy, expireReservations }: Deps) => {
  const assertWithinLimit = withinLimit(expireReservations, policy.seatsPerMember);
  return async (
    trx: Trx,
    { schedule, member, admission, wanted }: { schedule: ScheduleRow; member: Member; admission: Admission; wanted: readonly number[] },
  ): Promise<Reservation> => {
    await assertWithinLimit(trx, { memberId: member.id, scheduleId: schedule.id, count: wanted.length });
    const set = { scheduleId: schedule.id, seatIds: wanted };
    let { seats: found, now } = await seats.readSomeNow(trx, set);
    assertFree(wanted, found); // again, for those who waited for the lock meanwhile

    const lapsed = found.flatMap(({ owner, lapsed }) => (lapsed && owner !== undefined ? [owner] : []));
    if (lapsed.length > 0) {
      await expireReservations(trx, (await reservations.lock(trx, lapsed)).filter(mayExpire));
      ({ seats: found, now } = await seats.readSomeNow(trx, set)); // the lock was waited for: the hold's time begins now
    }
    if (now === undefined) throw new RangeError('no seats are wanted');

    const reservation = {
      id: newId(),
      memberId: member.id,
      scheduleId: schedule.id,
      queueId: schedule.queueId,
      queueNumber: admission.number,
      amount: found.reduce((sum, { price }) => sum + price, 0),
      expiresAt: new Date(now.getTime() + policy.holdMs),
      createdAt: now,
    };
    const held = await seats.hold(trx, set, reservation.id, reservation.expiresAt); // the database decides
    if (held < wanted.length) throw new SeatTaken(idsOf((await seats.readSome(trx, set)).filter(({ owner }) => owner !== reservation.id)));

    await reservations.insert(trx, reservation, found);
    const told = { ...factOf({ ...reservation, seatIds: wanted }), expiresAt: reservation.expiresAt.toISOString() };
    await outbox.add(trx, eventOf(reservationHeld, { subject: reservation.id, sequence: 1, data: told }));
    const mine = found.map((seat): SeatRow => ({ ...seat, status: 'HELD', lapsed: false }));
    return reservationView({ ...reservation, status: 'HELD', lapsed: false }, mine);
  };
};
