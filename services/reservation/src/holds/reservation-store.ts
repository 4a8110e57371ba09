import type { ReservationStatus } from '@onsale/contracts/reservation';
import type { Queryable, Trx } from '@onsale/shared/db';
import { bytesToId, idToBytes } from '@onsale/shared/ids';
import type { ReservationState } from './reservation-state.ts';

/** What a reservation is from its first day to its last. */
export interface ReservationFacts {
  readonly id: string;
  readonly memberId: string;
  readonly scheduleId: string;
  readonly queueId: string;
  /** The place in line that it came by. */
  readonly queueNumber: number;
  readonly amount: number;
  /** What the member was told. */
  readonly expiresAt: Date;
  readonly createdAt: Date;
}

export interface ReservationRow extends ReservationFacts, ReservationState {
  /** How long its seats are kept; later than `expiresAt` while PAYING. */
  readonly heldUntil: Date;
  readonly version: number;
}

/** A reservation whose row this transaction has locked, with the seats it was made for. */
export interface LockedReservation extends ReservationRow {
  readonly seatIds: readonly number[];
}

interface Row {
  readonly id: Buffer;
  readonly member_id: Buffer;
  readonly schedule_id: Buffer;
  readonly queue_id: string;
  readonly queue_number: number;
  readonly status: ReservationStatus;
  readonly amount: number;
  readonly expires_at: Date;
  readonly held_until: Date;
  readonly saga_id: string | null;
  readonly version: number;
  readonly created_at: Date;
  readonly lapsed: number;
  readonly past_expiry: number;
}

const reservationOf = (row: Row): ReservationRow => ({
  id: bytesToId(row.id),
  memberId: bytesToId(row.member_id),
  scheduleId: bytesToId(row.schedule_id),
  queueId: row.queue_id,
  queueNumber: row.queue_number,
  status: row.status,
  amount: row.amount,
  expiresAt: row.expires_at,
  heldUntil: row.held_until,
  sagaId: row.saga_id ?? undefined,
  version: row.version,
  createdAt: row.created_at,
  lapsed: row.lapsed === 1,
  pastExpiry: row.past_expiry === 1,
});

const select = (db: Queryable) =>
  db('reservations').select('*', { lapsed: db.raw('held_until <= NOW(3)'), past_expiry: db.raw('expires_at <= NOW(3)') });

/** Writes a new reservation, HELD, with its seats and what each costs. */
export const insert = async (
  trx: Trx,
  { id, memberId, scheduleId, ...rest }: ReservationFacts,
  seats: readonly { readonly id: number; readonly price: number }[],
): Promise<void> => {
  await trx('reservations').insert({
    id: idToBytes(id),
    member_id: idToBytes(memberId),
    schedule_id: idToBytes(scheduleId),
    queue_id: rest.queueId,
    queue_number: rest.queueNumber,
    status: 'HELD',
    amount: rest.amount,
    expires_at: rest.expiresAt,
    held_until: rest.expiresAt,
    version: 1,
    created_at: rest.createdAt,
  });
  await trx('reservation_seats').insert(seats.map((seat) => ({ reservation_id: idToBytes(id), seat_id: seat.id, price: seat.price })));
};

interface MemberOfSchedule {
  readonly memberId: string;
  readonly scheduleId: string;
}

/** Waits until no other transaction is about this member and schedule, and keeps others waiting. */
export const lockMember = async (trx: Trx, { memberId, scheduleId }: MemberOfSchedule): Promise<void> => {
  const row = [idToBytes(scheduleId), idToBytes(memberId)];
  // locks the row, whether it makes it or finds it, by one statement
  await trx.raw('INSERT INTO schedule_members (schedule_id, member_id) VALUES (?, ?) ON DUPLICATE KEY UPDATE member_id = member_id', row);
};

/** How many seats of a schedule a member has: held, under payment, or sold; those of a lapsed hold too, until it is expired. By the index of a member's list. */
export const countSeatsOfMember = async (trx: Trx, { memberId, scheduleId }: MemberOfSchedule): Promise<number> => {
  const row = await trx('reservations')
    .join('reservation_seats', 'reservation_seats.reservation_id', 'reservations.id')
    .where({ member_id: idToBytes(memberId), schedule_id: idToBytes(scheduleId) })
    .whereIn('status', ['HELD', 'PAYING', 'CONFIRMED'])
    .count<{ count: number }[]>({ count: '*' })
    .first();
  return row?.count ?? 0;
};

/** The holds of a member that nothing has expired yet, though they have lapsed; locks nothing. */
export const lapsedOfMember = async (trx: Trx, { memberId, scheduleId }: MemberOfSchedule): Promise<string[]> => {
  const ids: Buffer[] = await trx('reservations')
    .where({ member_id: idToBytes(memberId), schedule_id: idToBytes(scheduleId), status: 'HELD' })
    .where('held_until', '<=', trx.raw('NOW(3)'))
    .pluck('id');
  return ids.map(bytesToId);
};

/** Whether a member has a hold whose time is not over, or one under payment. By the index of its list. */
export const hasLive = async (db: Queryable, memberId: string): Promise<boolean> => {
  const row: unknown = await db('reservations')
    .where({ member_id: idToBytes(memberId) })
    .where(
      (live) =>
        void live.where({ status: 'PAYING' }).orWhere((held) => void held.where({ status: 'HELD' }).whereRaw('held_until > NOW(3)')),
    )
    .first('id');
  return row !== undefined;
};

/** One reservation, if there is such; locks nothing. */
export const find = async (db: Queryable, id: string): Promise<ReservationRow | undefined> => {
  const row = (await select(db)
    .where({ id: idToBytes(id) })
    .first()) as Row | undefined;
  return row === undefined ? undefined : reservationOf(row);
};

/** A member's reservations made before `before`, newest first; one more than `limit`, if there are. */
export const listOfMember = async (
  db: Queryable,
  { memberId, limit, before }: { memberId: string; limit: number; before: string | undefined },
): Promise<ReservationRow[]> => {
  const query = select(db)
    .where({ member_id: idToBytes(memberId) })
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (before !== undefined) void query.where('id', '<', idToBytes(before));
  return ((await query) as Row[]).map(reservationOf);
};

/** The seats never change, so they need no lock of their own; in the same statement, as each costs a journey to the database. */
const SEAT_IDS = '(SELECT GROUP_CONCAT(seat_id ORDER BY seat_id) FROM reservation_seats WHERE reservation_id = reservations.id)';

const selectWithSeats = (trx: Trx) => select(trx).select({ seat_ids: trx.raw(SEAT_IDS) });

const lockedOf = (row: Row & { readonly seat_ids: string }): LockedReservation => ({
  ...reservationOf(row),
  seatIds: row.seat_ids.split(',').map(Number),
});

/** Locks the reservations, in the order of their ids. */
export const lock = async (trx: Trx, ids: readonly string[]): Promise<LockedReservation[]> => {
  const rows = await selectWithSeats(trx).whereIn('id', ids.map(idToBytes)).orderBy('id').forUpdate();
  return (rows as (Row & { seat_ids: string })[]).map(lockedOf);
};

/** Locks up to `limit` reservations that have lapsed in this state, longest ago first, passing by those that somebody else has locked. */
export const lockLapsed = async (trx: Trx, status: ReservationStatus, limit: number): Promise<LockedReservation[]> => {
  // one state a query: only then does the index give the order, and no row is locked that is not taken
  const rows = await selectWithSeats(trx)
    .where({ status })
    .whereRaw('held_until <= NOW(3)')
    .orderBy([{ column: 'held_until' }, { column: 'id' }])
    .limit(limit)
    .forUpdate()
    .skipLocked();
  return (rows as (Row & { seat_ids: string })[]).map(lockedOf);
};

export interface Change {
  readonly status: ReservationStatus;
  readonly heldUntil?: Date;
  readonly sagaId?: string | null;
}

/** Changes reservations that this transaction has locked. */
export const change = async (trx: Trx, ids: readonly string[], { status, heldUntil, sagaId }: Change): Promise<void> => {
  await trx('reservations')
    .whereIn('id', ids.map(idToBytes))
    .update({
      status,
      version: trx.raw('version + 1'),
      ...(heldUntil === undefined ? {} : { held_until: heldUntil }),
      ...(sagaId === undefined ? {} : { saga_id: sagaId }),
    });
};
