import type { CallProblem } from '@onsale/contracts';
import * as contract from '@onsale/contracts/reservation';
import { newId } from '@onsale/shared/ids';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { problemOf, startReservation, type Reservation } from '../testing/start-reservation.ts';

const HOUR = 3_600_000;

describe('the rules of a hold', () => {
  let service: Reservation;
  beforeAll(async () => {
    service = await startReservation();
  });
  afterAll(() => service.stop());

  const untouched = async (scheduleId: string): Promise<void> => {
    expect((await service.seatsOf(scheduleId)).filter((seat) => !seat.endsWith('AVAILABLE'))).toEqual([]);
  };

  it('refuses before the sale opens and after the concert began', async () => {
    const early = await service.schedule({ opensInMs: HOUR });
    const late = await service.schedule({ opensInMs: -2 * HOUR, startsInMs: -HOUR });

    expect(await problemOf(service.member(early).holds([1]))).toMatchObject({
      code: 'SALE_NOT_OPEN',
      problem: { salesOpenAt: early.salesOpenAt },
    });
    expect(await problemOf(service.member(late).holds([1]))).toMatchObject({ code: 'SALE_NOT_OPEN', problem: { startsAt: late.startsAt } });
    await untouched(early.id);
    await untouched(late.id);
  });

  it('refuses who stands in another line', async () => {
    const schedule = await service.schedule();
    const stranger = service.member(schedule, { queueId: 'another-line' });

    expect(await problemOf(stranger.holds([1]))).toMatchObject({ status: 403, code: 'QUEUE_WRONG' });
    expect(await problemOf(stranger.seats())).toMatchObject({ status: 403, code: 'QUEUE_WRONG' });
    await untouched(schedule.id);
  });

  it('names the seats and the schedule that do not exist', async () => {
    const schedule = await service.schedule({ seats: 3 });
    const member = service.member(schedule);

    expect(await problemOf(member.holds([1, 4, 9_999_999_999]))).toMatchObject({
      code: 'SEAT_UNKNOWN',
      problem: { seats: ['4', '9999999999'] },
    });
    expect((await problemOf(service.member({ ...schedule, id: newId() }).holds([1]))).code).toBe('NOT_FOUND');
    await untouched(schedule.id);
  });

  it('takes one to eight distinct seats', async () => {
    const schedule = await service.schedule();
    const member = service.member(schedule);
    for (const seatIds of [[], [1, 1], [1, 2, 3, 4, 5, 6, 7, 8, 9]]) {
      expect(await problemOf(member.holds(seatIds))).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
    }
    await untouched(schedule.id);
  });

  it('keeps a reservation to its member', async () => {
    const schedule = await service.schedule();
    const { body } = await service.member(schedule).holds([1]);
    const stranger = service.member(schedule);

    for (const call of [stranger.reads(body.id), stranger.releases(body.id), stranger.reads(newId())]) {
      expect((await problemOf(call)).code).toBe('NOT_FOUND');
    }
    expect(await service.statusIn(body.id)).toBe('HELD');
  });

  it('lists a member’s reservations, newest first, page by page', async () => {
    const schedule = await service.schedule();
    const member = service.member(schedule);
    const made: string[] = [];
    for (const seat of [3, 1, 2]) made.unshift((await member.holds([seat])).body.id);
    await service.member(schedule).holds([4]);

    const first = await member.client.call(contract.listMyReservations, { query: { limit: 2 } });
    const second = await member.client.call(contract.listMyReservations, { query: { limit: 2, cursor: first.nextCursor! } });

    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(made);
    expect(first.items[0]!.seats.map(({ id }) => id)).toEqual(['2']);
    expect(second.nextCursor).toBeUndefined();
    expect(
      await member.client.call(contract.listMyReservations, { query: { cursor: 'x' } }).catch((error: unknown) => error),
    ).toMatchObject({
      code: 'VALIDATION_FAILED',
    } satisfies Partial<CallProblem>);
  });

  it('releases a hold, once and as often as asked, for others to have', async () => {
    const schedule = await service.schedule();
    const [first, second] = [service.member(schedule), service.member(schedule)];
    const { body } = await first.holds([1, 2]);

    expect((await first.releases(body.id)).status).toBe(204);
    expect((await first.releases(body.id)).status).toBe(204);

    expect(await first.reads(body.id)).toMatchObject({ status: 'RELEASED' });
    await untouched(schedule.id);
    const { body: next } = await second.holds([2]);
    expect((await first.releases(body.id)).status).toBe(204);
    expect((await service.seatsOf(schedule.id))[1]).toBe(`2 HELD ${next.id}`);
  });
});
