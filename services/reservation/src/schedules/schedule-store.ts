import type { Queryable, Trx } from '@onsale/shared/db';
import { bytesToId, idToBytes } from '@onsale/shared/ids';

/** A concert's date; how many seats are free is counted from the seats. */
export interface ScheduleRow {
  readonly id: string;
  readonly concertId: string;
  readonly startsAt: Date;
  readonly durationMinutes: number;
  readonly salesOpenAt: Date;
  readonly queueId: string;
  readonly total: number;
  readonly createdAt: Date;
}

interface Row {
  readonly id: Buffer;
  readonly concert_id: Buffer;
  readonly starts_at: Date;
  readonly duration_minutes: number;
  readonly sales_open_at: Date;
  readonly queue_id: string;
  readonly total: number;
  readonly created_at: Date;
}

const scheduleOf = (row: Row): ScheduleRow => ({
  id: bytesToId(row.id),
  concertId: bytesToId(row.concert_id),
  startsAt: row.starts_at,
  durationMinutes: row.duration_minutes,
  salesOpenAt: row.sales_open_at,
  queueId: row.queue_id,
  total: row.total,
  createdAt: row.created_at,
});

/** Puts a date on sale. */
export const insert = async (trx: Trx, schedule: ScheduleRow): Promise<void> => {
  await trx('schedules').insert({
    id: idToBytes(schedule.id),
    concert_id: idToBytes(schedule.concertId),
    starts_at: schedule.startsAt,
    duration_minutes: schedule.durationMinutes,
    sales_open_at: schedule.salesOpenAt,
    queue_id: schedule.queueId,
    total: schedule.total,
    created_at: schedule.createdAt,
  });
};

/** One schedule, if there is such. */
export const find = async (db: Queryable, id: string): Promise<ScheduleRow | undefined> => {
  const row = (await db('schedules')
    .where({ id: idToBytes(id) })
    .first()) as Row | undefined;
  return row === undefined ? undefined : scheduleOf(row);
};

export interface ScheduleQuery {
  readonly concertId: string;
  /** Starts of this time and later. */
  readonly from?: Date;
  /** Starts before this time. */
  readonly to?: Date;
  readonly after?: Pick<ScheduleRow, 'startsAt' | 'id'> | undefined;
  readonly limit?: number;
}

/** The schedules of a concert by start; one more than `limit`, if there are. */
export const list = async (db: Queryable, { concertId, from, to, after, limit }: ScheduleQuery): Promise<ScheduleRow[]> => {
  const query = db('schedules')
    .where({ concert_id: idToBytes(concertId) })
    .orderBy([{ column: 'starts_at' }, { column: 'id' }]);
  if (limit !== undefined) void query.limit(limit + 1);
  if (from !== undefined) void query.where('starts_at', '>=', from);
  if (to !== undefined) void query.where('starts_at', '<', to);
  if (after !== undefined) {
    // the first condition alone bounds the index scan; a row comparison would not, on MariaDB
    void query.where('starts_at', '>=', after.startsAt).whereRaw('(starts_at > ? OR id > ?)', [after.startsAt, idToBytes(after.id)]);
  }
  return ((await query) as Row[]).map(scheduleOf);
};

/** The days (UTC, `2030-01-31`) of a concert on which something starts at `from` or later, ascending, with all their schedules. */
export const listDays = async (
  db: Queryable,
  { concertId, from, limit }: { concertId: string; from: Date; limit: number },
): Promise<string[]> =>
  db('schedules')
    .where({ concert_id: idToBytes(concertId) })
    .where('starts_at', '>=', from)
    .groupBy('day')
    .orderBy('day')
    .limit(limit + 1)
    .select({ day: db.raw(`DATE_FORMAT(starts_at, '%Y-%m-%d')`) })
    .then((rows: { day: string }[]) => rows.map(({ day }) => day));
