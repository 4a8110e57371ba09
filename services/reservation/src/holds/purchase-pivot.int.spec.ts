import { idToBytes } from '@onsale/shared/ids';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPaymentSide, type PaymentSide } from '../testing/payment-side.ts';
import { startReservation, statusOf, type Reservation } from '../testing/start-reservation.ts';

describe('the pivot of a purchase', () => {
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

  const givenPaying = async () => {
    const schedule = await service.schedule();
    const member = service.member(schedule);
    const { body: reservation } = await member.holds([1, 2]);
    const purchase = payment.purchase(reservation.id, member.id);
    expect((await purchase.lock()).outcome).toBe('DONE');
    return { schedule, member, reservation, purchase };
  };
  const salesOf = (scheduleId: string) =>
    service
      .db('seat_sales')
      .where({ schedule_id: idToBytes(scheduleId) })
      .pluck('seat_id');

  it('that was not done never will be, once that was asked: the late confirmation sells nothing, and the hold goes back', async () => {
    const { schedule, member, reservation, purchase } = await givenPaying();

    expect((await purchase.wasConfirmed()).outcome).toBe('INTERNAL');
    expect(await service.statusIn(reservation.id)).toBe('PAYING');
    expect((await purchase.confirm()).outcome).toBe('INTERNAL');
    expect(await service.statusIn(reservation.id)).toBe('PAYING');
    expect(await salesOf(schedule.id)).toEqual([]);
    expect((await purchase.unlock()).outcome).toBe('DONE');

    expect(await service.statusIn(reservation.id)).toBe('HELD');
    const again = payment.purchase(reservation.id, member.id);
    expect([(await again.lock()).outcome, (await again.confirm()).outcome]).toEqual(['DONE', 'DONE']);
    expect(await salesOf(schedule.id)).toEqual([1, 2]);
  });

  it('that was done is told as done, however often it is asked, and stays done', async () => {
    const { schedule, reservation, purchase } = await givenPaying();
    await purchase.confirm();

    expect([(await purchase.wasConfirmed()).outcome, (await purchase.wasConfirmed()).outcome]).toEqual(['DONE', 'DONE']);
    expect(await service.statusIn(reservation.id)).toBe('CONFIRMED');
    expect(await salesOf(schedule.id)).toEqual([1, 2]);
  });

  it('that was refused is told as refused', async () => {
    const { schedule, reservation, purchase } = await givenPaying();
    await service.ages(reservation.id, 400_000);
    await service.member(schedule).holds([1]);
    expect((await purchase.confirm()).outcome).toBe('HOLD_LOST');
    expect((await purchase.wasConfirmed()).outcome).toBe('HOLD_LOST');
  });

  it('asked and confirmed at once ends one way or the other', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { reservation, purchase } = await givenPaying();
      const both = [purchase.wasConfirmed, purchase.confirm];
      const answers = await Promise.all((round % 2 === 0 ? both : both.toReversed()).map((asks) => asks()));
      const end = [...answers.map(({ outcome }) => outcome), await service.statusIn(reservation.id)];
      expect([
        ['DONE', 'DONE', 'CONFIRMED'],
        ['INTERNAL', 'INTERNAL', 'PAYING'],
      ]).toContainEqual(end);
    }
  });

  it('is HOLD_LOST, and not tried for ever, when a seat has a sale that its row does not know of; that seat is nobody’s to hold, and the others are free', async () => {
    const { schedule, reservation, purchase } = await givenPaying();
    const { body: other } = await service.member(schedule).holds([3]);
    const sale = { schedule_id: idToBytes(schedule.id), seat_id: 2, reservation_id: idToBytes(other.id) };
    await service.db('seat_sales').insert({ ...sale, sold_at: new Date() });

    expect((await purchase.confirm()).outcome).toBe('HOLD_LOST');

    expect(await service.statusIn(reservation.id)).toBe('EXPIRED');
    expect((await service.seatsOf(schedule.id)).slice(0, 3)).toEqual(['1 AVAILABLE', `2 SOLD ${other.id}`, `3 HELD ${other.id}`]);
    expect(await salesOf(schedule.id)).toEqual([2]);
    expect(await service.db('retries').select('id')).toEqual([]);
    const errors = service.log.lines().filter(({ msg }) => msg === 'a seat of a reservation has been sold to another one');
    expect(errors).toMatchObject([{ level: 'error', reservationId: reservation.id, seatIds: [1, 2] }]);
    expect((await purchase.unlock()).outcome).toBe('DONE');
    expect(await statusOf(service.member(schedule).holds([2]))).toBe('409 SEAT_TAKEN');
    expect(await statusOf(service.member(schedule).holds([1]))).toBe('201');
  });
});
