import { idToBytes } from '@onsale/shared/ids';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@onsale/shared/testing';
import { startPaymentSide, type PaymentSide } from '../testing/payment-side.ts';
import { problemOf, startReservation, statusOf, tally, type Reservation } from '../testing/start-reservation.ts';

const HOLD = 300_000;
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const eightFrom = (first: number): number[] => range(8).map((at) => first + at);

describe.each([
  ['with locks in Redis', true],
  ['by the database alone', false],
])('a member’s share of a schedule, %s', (_how, enabled) => {
  let service: Reservation;
  let payment: PaymentSide;
  beforeAll(async () => {
    service = await startReservation({ replicas: 2, settings: { locks: { enabled, waitMs: 10_000, leaseMs: 10_000 } } });
    payment = await startPaymentSide(service);
  });
  afterAll(async () => {
    await payment.stop();
    await service.stop();
  });

  const heldIn = async (scheduleId: string): Promise<number> =>
    (await service.seatsOf(scheduleId)).filter((seat) => !seat.endsWith('AVAILABLE')).length;

  /** Locking reads of reservations that are under way: they wait, or they would be over. */
  const locksWaitedFor = async (): Promise<number> => {
    const [rows] = await service.db.raw(
      "SELECT COUNT(*) AS count FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID() AND info LIKE '%reservations%FOR UPDATE%'",
    );
    return (rows as { count: number }[])[0]!.count;
  };

  it('is eight seats, however many requests come at once for different ones', async () => {
    const schedule = await service.schedule({ seats: 160 });
    const member = service.member(schedule);
    const answers = await Promise.all(
      range(20).map((at) => statusOf(member.holds(eightFrom(1 + 8 * at), undefined, { reconnected: at % 2 === 1 }))),
    );

    expect(tally(answers)).toEqual({ '201': 1, '409 MEMBER_LIMIT': 19 });
    expect(await heldIn(schedule.id)).toBe(8);
    expect(
      await service
        .db('reservations')
        .where({ member_id: idToBytes(member.id) })
        .pluck('status'),
    ).toEqual(['HELD']);
  });

  it('is filled to the last seat by small requests at once, and no further', async () => {
    const schedule = await service.schedule({ seats: 62 });
    const member = service.member(schedule);
    const answers = await Promise.all(
      range(20).map((at) => statusOf(member.holds([3 * at + 1, 3 * at + 2, 3 * at + 3], undefined, { reconnected: at % 2 === 1 }))),
    );
    expect(tally(answers)).toEqual({ '201': 2, '409 MEMBER_LIMIT': 18 });
    expect(await statusOf(member.holds([61, 62]))).toBe('201');
    expect(await heldIn(schedule.id)).toBe(8);
  });

  it('counts what is held, under payment and owned; what was given back or has lapsed is free again', async () => {
    const schedule = await service.schedule({ seats: 40 });
    const member = service.member(schedule);
    const { body: owned } = await member.holds([1, 2, 3]);
    const purchase = payment.purchase(owned.id, member.id);
    await purchase.lock();
    const { body: released } = await member.holds([4, 5, 6]);
    expect(await problemOf(member.holds([7, 8, 9]))).toMatchObject({
      status: 409,
      code: 'MEMBER_LIMIT',
      problem: { limit: 8, has: 6, detail: expect.stringContaining('8 seats') },
    });
    await purchase.confirm();
    expect((await problemOf(member.holds([7, 8, 9]))).code).toBe('MEMBER_LIMIT');

    await member.releases(released.id);
    const { body: lapsed } = await member.holds([7, 8, 9, 10, 11]);
    await service.ages(lapsed.id, HOLD);
    expect(await statusOf(member.holds([12, 13, 14, 15, 16]))).toBe('201');
    expect((await problemOf(member.holds([17]))).code).toBe('MEMBER_LIMIT');
  });

  it('counts a hold that lapses while a payment, which came in time, is locking it', async () => {
    const schedule = await service.schedule({ seats: 40 });
    const member = service.member(schedule);
    const { body: held } = await member.holds(eightFrom(1));
    await service.ages(held.id, HOLD);
    const id = idToBytes(held.id);
    const locking = await service.db.transaction();
    await locking('reservations')
      .where({ id })
      .update({ status: 'PAYING', held_until: new Date(Date.now() + HOLD) });

    const other = problemOf(member.holds(eightFrom(9)));
    await eventually(async () => expect(await locksWaitedFor()).toBeGreaterThan(0));
    await locking.commit();
    expect(await other).toMatchObject({ code: 'MEMBER_LIMIT', problem: { limit: 8, has: 8 } });
  });

  it('is one’s own, and of each schedule anew', async () => {
    const [one, another] = [await service.schedule({ seats: 20 }), await service.schedule({ seats: 20 })];
    const member = service.member(one);
    await member.holds(eightFrom(1));
    expect(await statusOf(service.member(one).holds(eightFrom(9)))).toBe('201');
    expect(await statusOf(service.member(another, { queueId: another.queueId }).holds(eightFrom(1)))).toBe('201');
  });
});
