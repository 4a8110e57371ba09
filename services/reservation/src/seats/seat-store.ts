import type { SeatStatus } from '@onsale/contracts/reservation';
import type { Queryable, Trx } from '@onsale/shared/db';
import { bytesToId, idToBytes } from '@onsale/shared/ids';
import { seatMoves } from './seat-state.ts';

/** Which seats of which schedule. */
export interface SeatSet {
  readonly scheduleId: string;
  readonly seatIds: readonly number[];
}

/** A seat as it is made: everything that the sale does not change. */
export interface SeatLayout {
  readonly id: number;
  readonly section: string;
  readonly grade: string;
  readonly row: string;
  readonly number: number;
  readonly price: number;
}

export interface SeatRow extends SeatLayout {
  readonly status: SeatStatus;
  /** HELD, and its time is over by the database's clock. */
  readonly lapsed: boolean;
  readonly version: number;
  /** The reservation that has it. */
  readonly owner: string | undefined;
}

/** The one meaning of "this hold is over": the database's time, so that a replica's clock can neither steal a hold nor stretch one. */
const LAPSED = `(seats.status = 'HELD' AND seats.held_until <= NOW(3))`;
const FREE = `(seats.status = 'AVAILABLE' OR ${LAPSED})`;

interface Row {
  readonly id: number;
  readonly section: string;
  readonly grade: string;
  readonly row_label: string;
  readonly seat_number: number;
  readonly price: number;
  readonly status: SeatStatus;
  readonly lapsed: number;
  readonly version: number;
  readonly reservation_id: Buffer | null;
}

const seatOf = (row: Row): SeatRow => ({
  id: row.id,
  section: row.section,
  grade: row.grade,
  row: row.row_label,
  number: row.seat_number,
  price: row.price,
  status: row.status,
  lapsed: row.lapsed === 1,
  version: row.version,
  owner: row.reservation_id === null ? undefined : bytesToId(row.reservation_id),
});

const columns = ['id', 'section', 'grade', 'row_label', 'seat_number', 'price', 'status', 'version', 'reservation_id'].map(
  (name) => `seats.${name}`,
);

const select = (db: Queryable, scheduleId: string) =>
  db('seats')
    .where({ schedule_id: idToBytes(scheduleId) })
    .select(columns)
    .select({ lapsed: db.raw(LAPSED) })
    .orderBy('id');

/** Seats are always locked in the order of their ids. */
const sorted = (seatIds: readonly number[]): number[] => seatIds.toSorted((a, b) => a - b);

/**
 * Makes a move with those of the seats that it may be made with; answers with how many. By the primary key, whatever the optimizer would find cheaper:
 * by `seats_by_state` it would lock, for a moment, seats that were not asked for, in another order than that of their ids.
 */
const move = (
  trx: Trx,
  name: keyof typeof seatMoves,
  { scheduleId, seatIds }: SeatSet,
  { owners, set }: { owners?: readonly string[]; set: Readonly<Record<string, unknown>> },
): Promise<number> => {
  const { from, to } = seatMoves[name];
  const query = trx(trx.raw('seats FORCE INDEX (PRIMARY)'))
    .where({ schedule_id: idToBytes(scheduleId) })
    .whereIn('id', sorted(seatIds))
    .whereIn('status', from);
  if (owners !== undefined) void query.whereIn('reservation_id', owners.map(idToBytes));
  return query.update({ status: to, version: trx.raw('version + 1'), ...set }).then((changed: number) => changed);
};

/** Makes the seats of a new schedule. */
export const insert = async (trx: Trx, scheduleId: string, seats: readonly SeatLayout[]): Promise<void> => {
  const schedule_id = idToBytes(scheduleId);
  await trx('seats').insert(
    seats.map(({ id, section, grade, row, number, price }) => ({
      schedule_id,
      id,
      section,
      grade,
      row_label: row,
      seat_number: number,
      price,
      status: 'AVAILABLE',
      version: 0,
    })),
  );
};

/** All seats of a schedule, by id. */
export const readAll = async (db: Queryable, scheduleId: string): Promise<SeatRow[]> =>
  ((await select(db, scheduleId)) as Row[]).map(seatOf);

/** Those of the named seats that exist, by id; locks nothing. */
export const readSome = async (db: Queryable, { scheduleId, seatIds }: SeatSet): Promise<SeatRow[]> =>
  ((await select(db, scheduleId).whereIn('id', sorted(seatIds))) as Row[]).map(seatOf);

/** As `readSome`, with the database's time of that moment, by which every hold is measured; no time where none of them exists. */
export const readSomeNow = async (trx: Trx, { scheduleId, seatIds }: SeatSet): Promise<{ seats: SeatRow[]; now: Date | undefined }> => {
  const query = select(trx, scheduleId)
    .whereIn('id', sorted(seatIds))
    .select({ now: trx.raw('NOW(3)') });
  const rows = (await query) as (Row & { readonly now: Date })[];
  return { seats: rows.map(seatOf), now: rows[0]?.now };
};

/** The seats that reservations were made for, as they stand now, at the price of then; for all of a page by one query. */
export const readOfReservations = async (db: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, SeatRow[]>> => {
  const rows = (await db('reservation_seats')
    .join('reservations', 'reservations.id', 'reservation_seats.reservation_id')
    .join('seats', (both) => both.on('seats.schedule_id', 'reservations.schedule_id').andOn('seats.id', 'reservation_seats.seat_id'))
    .whereIn('reservation_seats.reservation_id', ids.map(idToBytes))
    .select(columns)
    .select({ lapsed: db.raw(LAPSED), price: 'reservation_seats.price', asked: 'reservation_seats.reservation_id' })
    .orderBy('seats.id')) as (Row & { readonly asked: Buffer })[];
  const seats = new Map(ids.map((id): [string, SeatRow[]] => [id, []]));
  for (const row of rows) seats.get(bytesToId(row.asked))?.push(seatOf(row));
  return seats;
};

/** The number of free seats of each schedule, from the index `seats_by_state` alone: left to choose, MariaDB reads the rows. */
export const countFree = async (db: Queryable, scheduleIds: readonly string[]): Promise<ReadonlyMap<string, number>> => {
  const rows: { schedule_id: Buffer; free: number }[] = await db(db.raw('seats FORCE INDEX (seats_by_state)'))
    .whereIn('schedule_id', scheduleIds.map(idToBytes))
    .whereRaw(FREE)
    .groupBy('schedule_id')
    .select('schedule_id', { free: db.raw('COUNT(*)') });
  return new Map(rows.map((row) => [bytesToId(row.schedule_id), row.free]));
};

/**
 * AVAILABLE -> HELD, where it still is so; answers with how many that were. A lapsed hold of another reservation is not taken here: a seat that
 * somebody has changes hands only under the lock of that reservation's row (README, "Order of locks").
 */
export const hold = (trx: Trx, set: SeatSet, reservationId: string, until: Date): Promise<number> =>
  move(trx, 'hold', set, { set: { reservation_id: idToBytes(reservationId), held_until: until } });

/** Keeps a reservation's held seats until another time; answers with how many were still its own. Its row must be locked. */
export const keep = (trx: Trx, set: SeatSet, reservationId: string, until: Date): Promise<number> =>
  move(trx, 'keep', set, { owners: [reservationId], set: { held_until: until } });

/** HELD -> SOLD for a reservation's seats; answers with how many were still its own. Its row must be locked. */
export const sell = (trx: Trx, set: SeatSet, reservationId: string): Promise<number> =>
  move(trx, 'sell', set, { owners: [reservationId], set: { held_until: null } });

/** Gives back whatever of the seats still belongs to the reservations, whose rows must be locked. */
export const free = (trx: Trx, set: SeatSet, reservationIds: readonly string[]): Promise<number> =>
  move(trx, 'free', set, { owners: reservationIds, set: { reservation_id: null, held_until: null } });

/** Records the sale of seats. @throws a duplicate-key error when one of them is sold already */
export const insertSales = async (trx: Trx, { scheduleId, seatIds }: SeatSet, reservationId: string): Promise<void> => {
  const schedule_id = idToBytes(scheduleId);
  const reservation_id = idToBytes(reservationId);
  await trx('seat_sales').insert(sorted(seatIds).map((seat_id) => ({ schedule_id, seat_id, reservation_id, sold_at: trx.raw('NOW(3)') })));
};

/**
 * Leaves those of a reservation's seats that have a sale to the reservation of that sale: SOLD, and nobody's to hold or to free. No move of a seat's life,
 * but the mending of a fault: the sale is the truth. The row of the reservation that has them now must be locked; that of the sale changes no more.
 */
export const yieldSold = async (trx: Trx, { scheduleId, seatIds }: SeatSet, reservationId: string): Promise<void> => {
  const ids = sorted(seatIds);
  await trx.raw(
    `UPDATE seats FORCE INDEX (PRIMARY) JOIN seat_sales ON seat_sales.schedule_id = seats.schedule_id AND seat_sales.seat_id = seats.id
     SET seats.status = 'SOLD', seats.reservation_id = seat_sales.reservation_id, seats.held_until = NULL, seats.version = seats.version + 1
     WHERE seats.schedule_id = ? AND seats.id IN (${ids.map(() => '?').join(', ')}) AND seats.reservation_id = ?`,
    [idToBytes(scheduleId), ...ids, idToBytes(reservationId)],
  );
};
