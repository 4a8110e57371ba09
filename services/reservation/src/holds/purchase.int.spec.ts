import { newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { idToBytes } from '@onsale/shared/ids';
import { startPaymentSide, type PaymentSide } from '../testing/payment-side.ts';
import { problemOf, startReservation, statusOf, tally, type Reservation } from '../testing/start-reservation.ts';

const HOLD = 300_000;
const GRACE = 60_000;
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('a purchase, step by step over Kafka', () => {
  let service: Reservation;
  let payment: PaymentSide;
  beforeAll(async () => {
    service = await startReservation({ replicas: 2 });
    payment = await startPaymentSide(service);
  });
  afterAll(async () => {
    await payment.stop();
    await service.stop();
  });

  const given = async ({ seats = [1, 2] }: { seats?: number[] } = {}) => {
    const schedule = await service.schedule();
    const member = service.member(schedule);
    const { body } = await member.holds(seats);
    const purchase = payment.purchase(body.id, member.id);
    return {
      schedule,
      member,
      reservation: body,
      purchase,
      held: (n: number) => `${n} HELD ${body.id}`,
      sold: (n: number) => `${n} SOLD ${body.id}`,
    };
  };
  const heldUntil = async (reservationId: string): Promise<number[]> => {
    const times = await service
      .db('seats')
      .where({ reservation_id: idToBytes(reservationId) })
      .pluck('held_until');
    return times.map((time: Date) => time.getTime());
  };
  const salesOf = (reservationId: string) =>
    service
      .db('seat_sales')
      .where({ reservation_id: idToBytes(reservationId) })
      .orderBy('seat_id')
      .pluck('seat_id');
  const someoneHolds = async (reservationId: string): Promise<string[]> =>
    (await service
      .db('seats')
      .where({ reservation_id: idToBytes(reservationId) })
      .pluck('status')) as string[];

  it('sells the seats', async () => {
    const { schedule, member, reservation, purchase, sold } = await given();

    expect(await purchase.lock()).toEqual({ outcome: 'DONE', data: { amount: 2000, queueId: schedule.queueId, number: member.number } });
    expect((await member.reads(reservation.id)).status).toBe('PAYING');
    expect((await purchase.confirm()).outcome).toBe('DONE');

    expect(await member.reads(reservation.id)).toMatchObject({ status: 'CONFIRMED', seats: [{ status: 'SOLD' }, { status: 'SOLD' }] });
    expect((await service.seatsOf(schedule.id)).slice(0, 3)).toEqual([sold(1), sold(2), '3 AVAILABLE']);
    expect(await salesOf(reservation.id)).toEqual([1, 2]);
    await eventually(() => expect(payment.eventsOf(reservation.id)).toEqual(['1 held', '3 confirmed']));
    expect((await problemOf(member.releases(reservation.id))).code).toBe('ALREADY_PAID');
    expect(await problemOf(service.member(schedule).holds([2]))).toMatchObject({ code: 'SEAT_TAKEN', problem: { seats: ['2'] } });
  });

  it('answers each command again as it did, and does it once', async () => {
    const { reservation, purchase } = await given();
    const locks = [await purchase.lock(), await purchase.lock()];
    const confirms = [await purchase.confirm(), await purchase.confirm(), await purchase.lock()];

    expect(locks[1]).toEqual(locks[0]);
    expect(confirms.map(({ outcome }) => outcome)).toEqual(['DONE', 'DONE', 'DONE']);
    expect(await salesOf(reservation.id)).toEqual([1, 2]);
    expect(
      await service
        .db('reservations')
        .where({ id: idToBytes(reservation.id) })
        .first('version'),
    ).toEqual({ version: 3 });
  });

  it('keeps the seats for the grace beyond the old expiry, however often a payment is tried', async () => {
    const { member, reservation, purchase } = await given();
    const expiry = new Date(reservation.expiresAt).getTime();

    await purchase.lock();
    expect(await heldUntil(reservation.id)).toEqual([expiry + GRACE, expiry + GRACE]);
    await purchase.unlock();
    expect(await heldUntil(reservation.id)).toEqual([expiry, expiry]);
    expect(await member.reads(reservation.id)).toMatchObject({ status: 'HELD', expiresAt: reservation.expiresAt });

    const again = payment.purchase(reservation.id, member.id);
    expect((await again.lock()).outcome).toBe('DONE');
    expect(await heldUntil(reservation.id)).toEqual([expiry + GRACE, expiry + GRACE]);
    expect((await again.confirm()).outcome).toBe('DONE');
  });

  it('is refused for what is unknown, foreign, over, released or paid', async () => {
    const { schedule, member, reservation } = await given();
    const lockOf = async (reservationId: string, memberId: string) => (await payment.purchase(reservationId, memberId).lock()).outcome;

    expect(await lockOf(newId(), member.id)).toBe('NOT_FOUND');
    expect(await lockOf(reservation.id, newId())).toBe('NOT_FOUND');
    expect(await service.statusIn(reservation.id)).toBe('HELD');
    await member.releases(reservation.id);
    expect(await lockOf(reservation.id, member.id)).toBe('HOLD_EXPIRED');
    const { body: sold } = await member.holds([3]);
    const first = payment.purchase(sold.id, member.id);
    await first.lock();
    expect(await lockOf(sold.id, member.id)).toBe('PAYMENT_IN_PROGRESS');
    expect((await problemOf(member.releases(sold.id))).code).toBe('PAYMENT_IN_PROGRESS');
    await first.confirm();
    expect(await lockOf(sold.id, member.id)).toBe('ALREADY_PAID');
    expect((await service.seatsOf(schedule.id)).filter((seat) => !seat.endsWith('AVAILABLE'))).toEqual([`3 SOLD ${sold.id}`]);
  });

  it('lets one of ten payments that come at once lock a reservation', async () => {
    const { member, reservation } = await given();
    const purchases = range(10).map(() => payment.purchase(reservation.id, member.id));
    const outcomes = await Promise.all(purchases.map((purchase) => purchase.lock()));

    expect(tally(outcomes.map(({ outcome }) => outcome))).toEqual({ DONE: 1, PAYMENT_IN_PROGRESS: 9 });
    const winner = purchases[outcomes.findIndex(({ outcome }) => outcome === 'DONE')]!;
    const loser = purchases.find((purchase) => purchase !== winner)!;
    expect((await loser.unlock()).outcome).toBe('DONE');
    expect((await loser.confirm()).outcome).toBe('HOLD_LOST');
    expect(await service.statusIn(reservation.id)).toBe('PAYING');
    expect((await winner.confirm()).outcome).toBe('DONE');
  });

  it('ends a hold whose time is over when a payment comes for it, and frees its seats', async () => {
    const { schedule, reservation, purchase } = await given();
    await service.ages(reservation.id, HOLD);

    expect((await purchase.lock()).outcome).toBe('HOLD_EXPIRED');

    expect(await service.statusIn(reservation.id)).toBe('EXPIRED');
    expect((await service.seatsOf(schedule.id)).slice(0, 2)).toEqual(['1 AVAILABLE', '2 AVAILABLE']);
    await eventually(() => expect(payment.eventsOf(reservation.id)).toEqual(['1 held', '2 expired']));
  });

  it('ends a hold that has lost a seat, and frees the others', async () => {
    const { schedule, reservation, purchase } = await given();
    await service
      .db('seats')
      .where({ reservation_id: idToBytes(reservation.id), id: 2 })
      .update({ status: 'AVAILABLE', reservation_id: null, held_until: null });

    expect((await purchase.lock()).outcome).toBe('HOLD_EXPIRED');
    expect(await service.statusIn(reservation.id)).toBe('EXPIRED');
    expect((await service.seatsOf(schedule.id)).slice(0, 2)).toEqual(['1 AVAILABLE', '2 AVAILABLE']);
  });

  it('gives the reservation back as EXPIRED when its old expiry has passed meanwhile', async () => {
    const { schedule, reservation, purchase } = await given();
    await purchase.lock();
    await service.ages(reservation.id, HOLD + 1000);

    expect((await purchase.unlock()).outcome).toBe('DONE');

    expect(await service.statusIn(reservation.id)).toBe('EXPIRED');
    expect(await someoneHolds(reservation.id)).toEqual([]);
    expect((await service.seatsOf(schedule.id))[0]).toBe('1 AVAILABLE');
  });

  it('refuses the lock that comes after its undo', async () => {
    const { reservation, purchase } = await given();
    expect((await purchase.unlock()).outcome).toBe('DONE');
    expect((await purchase.lock()).outcome).toBe('INTERNAL');
    expect(await service.statusIn(reservation.id)).toBe('HELD');
  });

  it('confirms within the grace, and after it while nobody has taken the seats', async () => {
    for (const aged of [HOLD + GRACE / 2, HOLD + GRACE + 5000]) {
      const { reservation, purchase } = await given();
      await purchase.lock();
      await service.ages(reservation.id, aged);
      expect((await purchase.confirm()).outcome).toBe('DONE');
      expect(await service.statusIn(reservation.id)).toBe('CONFIRMED');
      expect(await salesOf(reservation.id)).toEqual([1, 2]);
    }
  });

  it('is HOLD_LOST when the grace is over and another member has one of the seats; the other is free', async () => {
    const { schedule, reservation, purchase } = await given();
    await purchase.lock();
    await service.ages(reservation.id, HOLD + GRACE);
    const { body: other } = await service.member(schedule).holds([2, 3]);

    expect((await purchase.confirm()).outcome).toBe('HOLD_LOST');

    expect(await service.statusIn(reservation.id)).toBe('EXPIRED');
    expect((await service.seatsOf(schedule.id)).slice(0, 3)).toEqual(['1 AVAILABLE', `2 HELD ${other.id}`, `3 HELD ${other.id}`]);
    expect(await salesOf(reservation.id)).toEqual([]);
    expect((await purchase.unlock()).outcome).toBe('DONE');
    expect(await service.statusIn(reservation.id)).toBe('EXPIRED');
  });

  it('is HOLD_LOST when a seat is gone from under it, and sells none of the rest', async () => {
    const { schedule, reservation, purchase } = await given({ seats: [1, 2, 3] });
    await purchase.lock();
    await service
      .db('seats')
      .where({ reservation_id: idToBytes(reservation.id), id: 2 })
      .update({ status: 'AVAILABLE', reservation_id: null, held_until: null });

    expect((await purchase.confirm()).outcome).toBe('HOLD_LOST');

    expect((await service.seatsOf(schedule.id)).slice(0, 3)).toEqual(['1 AVAILABLE', '2 AVAILABLE', '3 AVAILABLE']);
    expect(await service.statusIn(reservation.id)).toBe('EXPIRED');
    expect(await salesOf(reservation.id)).toEqual([]);
  });

  it('ends one way or the other when the member releases while a payment locks', async () => {
    for (const _ of range(10)) {
      const { member, reservation, purchase } = await given();
      const [released, locked] = await Promise.all([statusOf(member.releases(reservation.id)), purchase.lock()]);

      const end = [released, locked.outcome, await service.statusIn(reservation.id), (await someoneHolds(reservation.id)).join()];
      expect([
        ['204', 'HOLD_EXPIRED', 'RELEASED', ''],
        ['409 PAYMENT_IN_PROGRESS', 'DONE', 'PAYING', 'HELD,HELD'],
      ]).toContainEqual(end);
    }
  });

  it('never sells a seat that an overtaker has: confirms race with holds past the grace', async () => {
    for (const _ of range(10)) {
      const { schedule, reservation, purchase } = await given();
      await purchase.lock();
      await service.ages(reservation.id, HOLD + GRACE);
      const others = range(4).map((replica) => service.member(schedule, { replica }));
      const [confirmed, ...held] = await Promise.all([purchase.confirm(), ...others.map((other) => statusOf(other.holds([2])))]);

      const won = tally(held)['201'] ?? 0;
      const seat = (await service.seatsOf(schedule.id))[1]!;
      if (confirmed.outcome === 'DONE') expect([won, seat, await salesOf(reservation.id)]).toEqual([0, `2 SOLD ${reservation.id}`, [1, 2]]);
      else expect([won, seat.includes(reservation.id), await salesOf(reservation.id)]).toEqual([1, false, []]);
    }
  });
});
