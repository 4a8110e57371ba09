import * as contract from '@onsale/contracts/reservation';
import { idToBytes } from '@onsale/shared/ids';
import { createMetrics } from '@onsale/shared/metrics';
import { createOutbox } from '@onsale/shared/outbox';
import { eventually } from '@onsale/shared/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPaymentSide, type PaymentSide } from '../testing/payment-side.ts';
import { problemOf, startReservation, type Reservation } from '../testing/start-reservation.ts';
import { expireReservations } from './expire-reservations.ts';
import { sweepLapsed } from './sweep-lapsed.ts';

const HOLD = 300_000;
const GRACE = 60_000;
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('holds whose time is over', () => {
  let service: Reservation;
  let payment: PaymentSide;
  let sweep: () => Promise<number>;
  beforeAll(async () => {
    service = await startReservation();
    payment = await startPaymentSide(service);
    const { db, broker, log } = service;
    const outbox = createOutbox({
      db,
      broker,
      source: 'reservation',
      log: log.log,
      metrics: createMetrics({ service: 'spec', defaults: false }),
    });
    sweep = sweepLapsed({ db, expireReservations: expireReservations({ outbox }), batch: 7 });
  });
  afterAll(async () => {
    await payment.stop();
    await service.stop();
  });

  it('read as over before anything has swept them', async () => {
    const schedule = await service.schedule({ seats: 3 });
    const member = service.member(schedule);
    const { body } = await member.holds([1, 2]);
    const before = await member.seats();
    expect((await service.anonymous.call(contract.readSchedule, { params: { id: schedule.id } })).available).toBe(1);

    await service.ages(body.id, HOLD);

    expect(await member.reads(body.id)).toMatchObject({ status: 'EXPIRED', seats: [{ status: 'AVAILABLE' }, { status: 'AVAILABLE' }] });
    const after = await member.seats();
    expect(after.seats.map(({ status }) => status)).toEqual(['AVAILABLE', 'AVAILABLE', 'AVAILABLE']);
    expect(after.version).not.toBe(before.version);
    expect((await service.anonymous.call(contract.readSchedule, { params: { id: schedule.id } })).available).toBe(3);
    expect((await problemOf(member.releases(body.id))).code).toBe('HOLD_EXPIRED');
    expect(await service.statusIn(body.id)).toBe('HELD');
  });

  it('are swept by two sweepers at once, each hold once, and told', async () => {
    const schedule = await service.schedule({ seats: 64 });
    const members = range(32).map(() => service.member(schedule));
    const holds = await Promise.all(members.map((member, at) => member.holds([2 * at + 1, 2 * at + 2])));
    const lapsed = holds.slice(0, 30).map(({ body }) => body.id);
    for (const id of lapsed) await service.ages(id, HOLD);

    const untilNone = async (): Promise<void> => {
      while ((await sweep()) > 0);
    };
    await Promise.all([untilNone(), untilNone()]);

    const rows = await service.db('reservations').whereIn('id', lapsed.map(idToBytes));
    expect(rows.map(({ status, version }) => `${status} ${version}`)).toEqual(lapsed.map(() => 'EXPIRED 2'));
    const seats = await service.seatsOf(schedule.id);
    expect(seats.filter((seat) => seat.includes('HELD')).map((seat) => seat.split(' ')[2])).toEqual(
      holds.slice(30).flatMap(({ body }) => [body.id, body.id]),
    );
    await eventually(() => {
      for (const id of lapsed) expect(payment.eventsOf(id)).toEqual(['1 held', '2 expired']);
    });
  });

  it('sweeps a payment only after its grace', async () => {
    const schedule = await service.schedule();
    const member = service.member(schedule);
    const { body } = await member.holds([1, 2]);
    await payment.purchase(body.id, member.id).lock();

    await service.ages(body.id, HOLD + GRACE - 5000);
    await sweep();
    expect(await service.statusIn(body.id)).toBe('PAYING');

    await service.ages(body.id, 5000);
    await sweep();
    expect(await service.statusIn(body.id)).toBe('EXPIRED');
    expect((await service.seatsOf(schedule.id)).filter((seat) => seat.includes('HELD'))).toEqual([]);
  });

  it('are passed by while somebody has them in hand, and swept the next time', async () => {
    const schedule = await service.schedule();
    const member = service.member(schedule);
    const { body } = await member.holds([1]);
    await service.ages(body.id, HOLD);

    const trx = await service.db.transaction();
    await trx('reservations')
      .where({ id: idToBytes(body.id) })
      .forUpdate()
      .first();
    await sweep();
    expect(await service.statusIn(body.id)).toBe('HELD');
    await trx.rollback();
    await sweep();
    expect(await service.statusIn(body.id)).toBe('EXPIRED');
  });
});

describe('the service’s own sweeper', () => {
  let service: Reservation;
  beforeAll(async () => {
    service = await startReservation({ replicas: 2, settings: { sweepMs: 20 } });
  });
  afterAll(() => service.stop());

  it('ends holds by itself, with two replicas sweeping', async () => {
    const schedule = await service.schedule();
    const holds = await Promise.all(range(10).map((at) => service.member(schedule).holds([at + 1])));
    for (const { body } of holds) await service.ages(body.id, HOLD);
    await eventually(async () => {
      expect((await service.seatsOf(schedule.id)).filter((seat) => seat.includes('HELD'))).toEqual([]);
    });
    expect(await service.db('reservations').distinct('status', 'version')).toEqual([{ status: 'EXPIRED', version: 2 }]);
  });
});
