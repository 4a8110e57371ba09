import { CalendarDate, Id, Timestamp } from '@onsale/contracts';
import type { ConcertDate, Schedule } from '@onsale/contracts/reservation';
import type { Database } from '@onsale/shared/db';
import type { Clock } from '@onsale/shared/ids';
import { z } from 'zod';
import { findConcert } from '../concerts/find-concert.ts';
import { decodeCursor, pageOf } from '@onsale/shared/paging';
import * as seats from '../seats/seat-store.ts';
import { findSchedule } from './find-schedule.ts';
import * as schedules from './schedule-store.ts';
import type { ScheduleRow } from './schedule-store.ts';

const DAY_MS = 86_400_000;
const dayOf = (time: Date): string => time.toISOString().slice(0, 10);
const startOf = (day: string): Date => new Date(`${day}T00:00:00.000Z`);
const endOf = (day: string): Date => new Date(startOf(day).getTime() + DAY_MS);

/** A schedule with its number of free seats, as the contract shows it. */
export const scheduleView = (schedule: ScheduleRow, available: number): Schedule => ({
  id: schedule.id,
  concertId: schedule.concertId,
  startsAt: schedule.startsAt.toISOString(),
  durationMinutes: schedule.durationMinutes,
  salesOpenAt: schedule.salesOpenAt.toISOString(),
  queueId: schedule.queueId,
  total: schedule.total,
  available,
});

/** One schedule with its free seats. @throws Refusal NOT_FOUND */
export const readSchedule =
  ({ db }: { db: Database }) =>
  async (id: string): Promise<Schedule> => {
    const schedule = await findSchedule(db, id);
    return scheduleView(schedule, (await seats.countFree(db, [id])).get(id) ?? 0);
  };

const AfterSchedule = z.tuple([Timestamp, Id]);

interface Asked {
  readonly concertId: string;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** The schedules of a concert by start, of one day (UTC) or of all; the free seats of a page are counted by one query. @throws Refusal NOT_FOUND */
export const listSchedules =
  ({ db }: { db: Database }) =>
  async ({ concertId, date, limit, cursor }: Asked & { date?: string | undefined }) => {
    const after = decodeCursor(AfterSchedule, cursor);
    await findConcert(db, concertId);
    const rows = await schedules.list(db, {
      concertId,
      limit,
      ...(date === undefined ? {} : { from: startOf(date), to: endOf(date) }),
      ...(after === undefined ? {} : { after: { startsAt: new Date(after[0]), id: after[1] } }),
    });
    const free = await seats.countFree(
      db,
      rows.slice(0, limit).map(({ id }) => id),
    );
    return pageOf(rows, {
      limit,
      keyOf: ({ startsAt, id }) => [startsAt.toISOString(), id],
      view: (row) => scheduleView(row, free.get(row.id) ?? 0),
    });
  };

/** The days (UTC) on which the concert has yet to begin, with the free seats of each, a sold-out day included. @throws Refusal NOT_FOUND */
export const listDates =
  ({ db, clock }: { db: Database; clock: Clock }) =>
  async ({ concertId, limit, cursor }: Asked) => {
    const after = decodeCursor(CalendarDate, cursor);
    await findConcert(db, concertId);
    const now = clock.now();
    const from = after === undefined || endOf(after) < now ? now : endOf(after);
    const days = await schedules.listDays(db, { concertId, from, limit });
    const last = days.slice(0, limit).at(-1);
    const available = new Map<string, number>();
    if (last !== undefined) {
      const rows = await schedules.list(db, { concertId, from, to: endOf(last) });
      const free = await seats.countFree(
        db,
        rows.map(({ id }) => id),
      );
      for (const { id, startsAt } of rows) available.set(dayOf(startsAt), (available.get(dayOf(startsAt)) ?? 0) + (free.get(id) ?? 0));
    }
    return pageOf(days, { limit, keyOf: (day) => day, view: (date): ConcertDate => ({ date, available: available.get(date) ?? 0 }) });
  };
