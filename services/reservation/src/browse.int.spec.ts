import { CallProblem, pathOf } from '@onsale/contracts';
import * as contract from '@onsale/contracts/reservation';
import { idToBytes, newId } from '@onsale/shared/ids';
import { eventually, fixedClock, statusOf } from '@onsale/shared/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPaymentSide, type PaymentSide } from './testing/payment-side.ts';
import { problemOf, startReservation, type Reservation } from './testing/start-reservation.ts';

const clock = fixedClock('2030-05-31T12:00:00.000Z');
const sections = [
  { name: 'Stalls', grade: 'VIP', rows: 2, seatsPerRow: 3, price: 9000 },
  { name: 'Balcony', rows: 1, seatsPerRow: 2, price: 3000 },
];

describe('concerts, dates, schedules and seats', () => {
  let service: Reservation;
  let listener: PaymentSide;
  beforeAll(async () => {
    service = await startReservation({ overrides: { clock } });
    listener = await startPaymentSide(service);
  });
  afterAll(async () => {
    await listener.stop();
    await service.stop();
  });

  const newConcert = (title = 'Spring') =>
    service.operator.call(contract.createConcert, { body: { title, venue: 'Hall', description: 'Two hours.' } });
  const newSchedule = (concertId: string, startsAt: string, more: { queueId?: string; salesOpenAt?: string } = {}) =>
    service.operator.call(contract.createSchedule, {
      idempotencyKey: newId(),
      params: { id: concertId },
      body: { startsAt, salesOpenAt: '2030-01-01T00:00:00.000Z', sections, ...more },
    });

  it('lists concerts newest first, page by page, to everyone', async () => {
    const made: string[] = [];
    for (const title of ['first', 'second', 'third']) made.unshift((await newConcert(title)).id);

    const first = await service.anonymous.call(contract.listConcerts, { query: { limit: 2 } });
    expect(first.items.map(({ id }) => id)).toEqual(made.slice(0, 2));
    const second = await service.anonymous.call(contract.listConcerts, { query: { limit: 1, cursor: first.nextCursor! } });
    expect(second.items.map(({ id, title }) => [id, title])).toEqual([[made[2], 'first']]);
    expect(await service.anonymous.call(contract.readConcert, { params: { id: made[0]! } })).toEqual(first.items[0]);
    expect((await problemOf(service.anonymous.call(contract.readConcert, { params: { id: newId() } }))).code).toBe('NOT_FOUND');
  });

  it('makes a schedule with its seats, its own queue and its event', async () => {
    const concert = await newConcert();
    const schedule = await newSchedule(concert.id, '2030-06-01T20:00:00.000Z');

    expect(schedule).toMatchObject({ concertId: concert.id, queueId: schedule.id, durationMinutes: 120, total: 8, available: 8 });
    expect(await service.anonymous.call(contract.readSchedule, { params: { id: schedule.id } })).toEqual(schedule);
    const { seats, version } = await service.member(schedule).seats();
    expect(version).toBe('0');
    expect(seats.map(({ id, section, grade, row, number, price }) => [id, section, grade, row, number, price].join(' '))).toEqual([
      '1 Stalls VIP A 1 9000',
      '2 Stalls VIP A 2 9000',
      '3 Stalls VIP A 3 9000',
      '4 Stalls VIP B 1 9000',
      '5 Stalls VIP B 2 9000',
      '6 Stalls VIP B 3 9000',
      '7 Balcony STANDARD A 1 3000',
      '8 Balcony STANDARD A 2 3000',
    ]);
    const told = await eventually(() => listener.dataOf(schedule.id));
    expect(told).toEqual({
      scheduleId: schedule.id,
      concertId: concert.id,
      queueId: schedule.id,
      ownQueue: true,
      seats: 8,
      startsAt: schedule.startsAt,
      salesOpenAt: schedule.salesOpenAt,
    });
  });

  it('makes a schedule with its seats once for each key: whoever asks again has the answer of the first time', async () => {
    const params = { id: (await newConcert()).id };
    const body = { startsAt: '2030-06-01T20:00:00.000Z', salesOpenAt: '2030-01-01T00:00:00.000Z', sections };
    const idempotencyKey = newId();
    const ask = (given: object = {}) => service.operator.answer(contract.createSchedule, { params, body, idempotencyKey, ...given });
    const [made, ...others] = await Promise.all([ask(), ask()]);
    const again = await ask();
    expect([...others, again].map(({ status, body }) => [status, body])).toEqual([[201, made.body], [201, made.body]]); // prettier-ignore
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.headers.get('location')).toBe(`/api/v1/schedules/${made.body.id}`);
    expect(await statusOf(ask({ body: { ...body, startsAt: '2030-06-02T20:00:00.000Z' } }))).toBe('422 IDEMPOTENCY_KEY_REUSED');
    expect(await statusOf(ask({ idempotencyKey: undefined }))).toBe('428 IDEMPOTENCY_KEY_REQUIRED');
    expect((await service.anonymous.call(contract.listSchedules, { params })).items).toEqual([made.body]);
    expect(await eventually(() => listener.dataOf(made.body.id))).toMatchObject({ seats: 8 });
  });

  it('puts a schedule into the queue that it names', async () => {
    const concert = await newConcert();
    const schedule = await newSchedule(concert.id, '2030-06-01T20:00:00.000Z', { queueId: 'spring-tour' });
    expect(schedule.queueId).toBe('spring-tour');
    expect(await eventually(() => listener.dataOf(schedule.id))).toMatchObject({ queueId: 'spring-tour', ownQueue: false });
  });

  it('audits what operators make, and nothing that was refused', async () => {
    const concert = await newConcert('Audited');
    const schedule = await newSchedule(concert.id, '2030-06-01T20:00:00.000Z');
    await problemOf(newSchedule(concert.id, '2030-01-01T00:00:00.000Z'));

    const rows = await service.db('audit').orderBy('id', 'desc').limit(2);
    expect(rows).toMatchObject([
      { actor: service.operatorId, action: 'schedule.create', subject: schedule.id, before_change: null },
      { actor: service.operatorId, action: 'concert.create', subject: concert.id, before_change: null },
    ]);
    expect(rows.map(({ after_change }) => JSON.parse(after_change))).toEqual([
      { concertId: concert.id, startsAt: schedule.startsAt, salesOpenAt: schedule.salesOpenAt, queueId: schedule.id, sections },
      { title: 'Audited', venue: 'Hall', description: 'Two hours.' },
    ]);
  });

  it('takes any RFC 3339 time, and answers it in UTC', async () => {
    const concert = await newConcert();
    const schedule = await newSchedule(concert.id, '2030-06-02T05:00:00+09:00', { salesOpenAt: '2030-01-01T00:00:00.5Z' });
    const times = { startsAt: '2030-06-01T20:00:00.000Z', salesOpenAt: '2030-01-01T00:00:00.500Z' };
    expect(schedule).toMatchObject(times);
    expect(await service.anonymous.call(contract.readSchedule, { params: { id: schedule.id } })).toMatchObject(times);
    expect(await problemOf(newSchedule(concert.id, '2030-06-01T20:00:00'))).toMatchObject({
      code: 'VALIDATION_FAILED',
      problem: { errors: [{ pointer: '/body/startsAt', detail: expect.stringContaining('RFC 3339') }] },
    });
  });

  it('makes nothing for a member, an unknown concert, or a sale that would open after the start', async () => {
    const concert = await newConcert();
    const before = await service.db('schedules').count();
    const body = { startsAt: '2030-06-01T20:00:00.000Z', salesOpenAt: '2030-01-01T00:00:00.000Z', sections };
    const member = service.member({ id: newId(), queueId: 'any' }).client;

    expect(
      (await problemOf(member.call(contract.createSchedule, { idempotencyKey: newId(), params: { id: concert.id }, body }))).code,
    ).toBe('FORBIDDEN');
    expect((await problemOf(newSchedule(newId(), body.startsAt))).code).toBe('NOT_FOUND');
    expect(await problemOf(newSchedule(concert.id, body.startsAt, { salesOpenAt: body.startsAt }))).toMatchObject({
      status: 400,
      problem: { errors: [{ pointer: '/body/salesOpenAt' }] },
    });
    expect(await service.db('schedules').count()).toEqual(before);
  });

  it('makes 100,000 seats in one transaction', async () => {
    const concert = await newConcert();
    const params = { id: concert.id };
    const body = {
      startsAt: '2030-06-01T20:00:00.000Z',
      salesOpenAt: '2030-01-01T00:00:00.000Z',
      sections: [{ name: 'Field', rows: 250, seatsPerRow: 400, price: 1000 }],
    };
    await service.operator.call(contract.createSchedule, { idempotencyKey: newId(), params, body }).catch((error: unknown) => {
      if (!(error instanceof CallProblem) || error.code !== 'TIMEOUT') throw error; // a slow machine is at it for longer than anybody waits
    });
    const schedule = await eventually(async () => {
      const { items } = await service.anonymous.call(contract.listSchedules, { params });
      expect(items).toHaveLength(1);
      return items[0]!;
    });

    const [row] = await service
      .db('seats')
      .where({ schedule_id: idToBytes(schedule.id) })
      .select({ least: service.db.raw('MIN(id)'), most: service.db.raw('MAX(id)'), count: service.db.raw('COUNT(*)') });
    expect(row).toEqual({ least: 1, most: 100_000, count: 100_000 });
    expect((await service.anonymous.call(contract.readSchedule, { params: { id: schedule.id } })).available).toBe(100_000);
  });

  it('lists the schedules of a concert by start, of a day or of all, with their free seats', async () => {
    const concert = await newConcert();
    const late = await newSchedule(concert.id, '2030-06-02T20:00:00.000Z');
    const noon = await newSchedule(concert.id, '2030-06-01T12:00:00.000Z');
    const twin = await newSchedule(concert.id, '2030-06-01T12:00:00.000Z');
    await service.member(noon).holds([1, 8]);
    const list = (query: Record<string, string | number>) =>
      service.anonymous.call(contract.listSchedules, { params: { id: concert.id }, query });
    const shown = (items: readonly contract.Schedule[]) => items.map(({ id, available }) => [id, available]);

    const first = await list({ limit: 1 });
    const second = await list({ limit: 1, cursor: first.nextCursor! });
    const third = await list({ limit: 1, cursor: second.nextCursor! });
    expect(shown([...first.items, ...second.items, ...third.items])).toEqual([
      [noon.id, 6],
      [twin.id, 8],
      [late.id, 8],
    ]);
    expect(third.nextCursor).toBeUndefined();
    expect(shown((await list({ date: '2030-06-02' })).items)).toEqual([[late.id, 8]]);
    expect((await list({ date: '2030-06-03' })).items).toEqual([]);
  });

  it('lists the days that are still to come, with the free seats of each', async () => {
    const concert = await newConcert();
    await newSchedule(concert.id, '2030-05-31T11:59:59.000Z');
    const tonight = await newSchedule(concert.id, '2030-05-31T20:00:00.000Z');
    await newSchedule(concert.id, '2030-06-02T10:00:00.000Z');
    await newSchedule(concert.id, '2030-06-02T20:00:00.000Z');
    await service.member(tonight).holds([1]);
    const list = (query: Record<string, string | number> = {}) =>
      service.anonymous.call(contract.listDates, { params: { id: concert.id }, query });

    expect(await list()).toEqual({
      items: [
        { date: '2030-05-31', available: 7 },
        { date: '2030-06-02', available: 16 },
      ],
    });
    const first = await list({ limit: 1 });
    expect(first.items).toEqual([{ date: '2030-05-31', available: 7 }]);
    expect(await list({ limit: 1, cursor: first.nextCursor! })).toEqual({ items: [{ date: '2030-06-02', available: 16 }] });
    expect((await problemOf(service.anonymous.call(contract.listDates, { params: { id: newId() } }))).code).toBe('NOT_FOUND');
  });

  it('answers 304 to who has the map as it is, and a new map after any change of a seat', async () => {
    const concert = await newConcert();
    const schedule = await newSchedule(concert.id, '2030-06-01T20:00:00.000Z');
    const member = service.member(schedule);
    const path = pathOf(contract.readSeats).replace('{id}', schedule.id);
    const read = async (etag?: string) => {
      const answer = await member.gets(path, etag === undefined ? {} : { 'if-none-match': etag });
      return { status: answer.status, etag: answer.headers.get('etag')!, cache: answer.headers.get('cache-control') };
    };

    const first = await read();
    expect([first.status, first.cache]).toEqual([200, 'private, no-cache']);
    expect(await read(first.etag)).toEqual({ ...first, status: 304 });

    const seen = [first.etag];
    const changed = async (): Promise<void> => {
      const next = await read(seen.at(-1));
      expect(next.status).toBe(200);
      expect(seen).not.toContain(next.etag);
      seen.push(next.etag);
    };
    const { body } = await member.holds([1]);
    await changed();
    await service.ages(body.id, 300_000);
    await changed();
    const { body: again } = await service.member(schedule).holds([1]);
    await changed();
    expect(again.seats[0]!.status).toBe('HELD');
  });
});
