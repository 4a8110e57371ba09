import { idToBytes, newId } from '@onsale/shared/ids';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { problemOf, startReservation, statusOf, tally, type Reservation } from '../testing/start-reservation.ts';

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe.each([
  { locks: 'on', enabled: true },
  { locks: 'off', enabled: false },
])('holding seats, two replicas, locks $locks', ({ enabled }) => {
  let service: Reservation;
  beforeAll(async () => {
    service = await startReservation({ replicas: 2, settings: { locks: { enabled, waitMs: 3000, leaseMs: 10_000 } } });
  });
  afterAll(() => service.stop());

  it('lets one of a hundred members have a seat', async () => {
    const schedule = await service.schedule();
    const members = range(100).map((replica) => service.member(schedule, { replica }));

    const answers = await Promise.all(members.map((member) => statusOf(member.holds([7]))));

    expect(tally(answers)).toEqual({ 201: 1, '409 SEAT_TAKEN': 99 });
    const winner = members[answers.indexOf('201')]!;
    const rows = await service.db('reservations').where({ schedule_id: idToBytes(schedule.id) });
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ status: 'HELD', member_id: idToBytes(winner.id), queue_number: winner.number, version: 1 });
    const seats = await service.seatsOf(schedule.id);
    expect(seats.filter((seat) => !seat.endsWith('AVAILABLE'))).toEqual([expect.stringMatching(/^7 HELD /)]);
    expect(await service.db('idempotency_keys').whereNull('value')).toEqual([]);
  });

  it('never splits overlapping pairs', async () => {
    const schedule = await service.schedule({ seats: 6 });
    const pairs = range(60).map((index) => [1 + (index % 6), 1 + ((index + 1) % 6)]);

    const answers = await Promise.all(pairs.map((pair, replica) => statusOf(service.member(schedule, { replica }).holds(pair))));

    expect(Object.keys(tally(answers)).sort()).toEqual(['201', '409 SEAT_TAKEN']);
    const held = (await service.seatsOf(schedule.id)).filter((seat) => seat.includes('HELD')).map((seat) => seat.split(' ')[2]!);
    expect(held).toHaveLength(2 * tally(answers)['201']!);
    expect(new Set(Object.values(tally(held)))).toEqual(new Set([2]));
    const kept = await service.db('reservation_seats').whereIn('reservation_id', held.map(idToBytes));
    expect(kept).toHaveLength(held.length);
  });

  it('does one effect for one key, however often it comes at once, and answers all the same', async () => {
    const schedule = await service.schedule();
    const key = newId();
    const member = service.member(schedule);
    const answers = await Promise.all(range(20).map(() => member.holds([1, 2], key)));

    expect(new Set(answers.map(({ status, body }) => JSON.stringify([status, body]))).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(19);
    expect(await service.db('reservations').where({ member_id: idToBytes(member.id) })).toHaveLength(1);
    expect((await member.holds([1, 2], key)).body).toEqual(answers[0]!.body);
    expect((await problemOf(member.holds([1], key))).code).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  it('answers twins with one key alike, though they meet at two replicas', async () => {
    const schedule = await service.schedule({ seats: 40 });
    for (const seat of range(40)) {
      const key = newId();
      const member = service.member(schedule);
      const twins = await Promise.all(range(6).map((at) => member.holds([seat + 1], key, { reconnected: at % 2 === 1 })));
      expect(new Set(twins.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
    }
    expect(await service.db('reservations').where({ schedule_id: idToBytes(schedule.id) })).toHaveLength(40);
  });

  it('holds eight seats, and none when one of them is taken', async () => {
    const schedule = await service.schedule({ seats: 10, price: 700 });
    const [first, second] = [service.member(schedule), service.member(schedule)];
    await first.holds([8]);

    const problem = await problemOf(second.holds([1, 2, 3, 4, 5, 6, 7, 8]));
    expect(problem).toMatchObject({ status: 409, code: 'SEAT_TAKEN', problem: { seats: ['8'] } });
    expect((await service.seatsOf(schedule.id)).filter((seat) => seat.includes('HELD'))).toHaveLength(1);

    const { body } = await second.holds([10, 9, 1, 2, 3, 4, 5, 6]);
    expect(body).toMatchObject({ status: 'HELD', amount: 5600, scheduleId: schedule.id, queueId: schedule.queueId });
    expect(body.seats.map(({ id, status }) => `${id} ${status}`)).toEqual([1, 2, 3, 4, 5, 6, 9, 10].map((id) => `${id} HELD`));
    expect(await second.reads(body.id)).toEqual(body);
  });

  it('gives a lapsed hold’s seats to one of fifty, and ends the old reservation as a whole', async () => {
    const schedule = await service.schedule();
    const { body: old } = await service.member(schedule).holds([2, 3, 4]);
    await service.ages(old.id, 300_000);
    const wishes = range(50).map((index) => (index % 2 === 0 ? [1, 2] : [4, 5]));

    const answers = await Promise.all(wishes.map((wish, replica) => statusOf(service.member(schedule, { replica }).holds(wish))));

    expect(tally(answers)).toEqual({ 201: 2, '409 SEAT_TAKEN': 48 });
    expect(await service.statusIn(old.id)).toBe('EXPIRED');
    const seats = await service.seatsOf(schedule.id);
    expect(seats.filter((seat) => seat.includes(old.id))).toEqual([]);
    expect(seats[2]).toBe('3 AVAILABLE');
    expect(seats.filter((seat) => seat.includes('HELD'))).toHaveLength(4);
  });

  it('keeps neighbours who overtake many lapsed holds at once out of deadlock', async () => {
    const schedule = await service.schedule({ seats: 16 });
    const olds = await Promise.all(range(8).map((at) => service.member(schedule).holds([1 + at, 9 + at])));
    for (const { body } of olds) await service.ages(body.id, 300_000);

    const answers = await Promise.all(
      range(40).map((at) => statusOf(service.member(schedule, { replica: at }).holds([1 + (at % 16), 1 + ((at + 5) % 16)]))),
    );

    expect(Object.keys(tally(answers)).sort()).toEqual(['201', '409 SEAT_TAKEN']);
    const held = (await service.seatsOf(schedule.id)).filter((seat) => seat.includes('HELD')).map((seat) => seat.split(' ')[2]!);
    expect(new Set(Object.values(tally(held)))).toEqual(new Set([2]));
    // one stays whose every overtaker lost its other seat; none stays by half
    expect(olds.some(({ body }) => !held.includes(body.id))).toBe(true);
  });
});
