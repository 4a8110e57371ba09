import type { Code } from '@onsale/contracts';
import type { Payment, PaymentStatus } from '@onsale/contracts/payment';
import { isDuplicate, type Queryable, type Trx } from '@onsale/shared/db';
import { bytesToId, idToBytes } from '@onsale/shared/ids';

interface PaymentRow {
  id: Buffer;
  reservation_id: Buffer;
  amount: number | null;
  status: PaymentStatus;
  code: Code | null;
  created_at: Date;
  completed_at: Date | null;
}

const columns = ['id', 'reservation_id', 'amount', 'status', 'code', 'created_at', 'completed_at'] as const;

const paymentOf = (row: PaymentRow): Payment => ({
  id: bytesToId(row.id),
  reservationId: bytesToId(row.reservation_id),
  ...(row.amount === null ? {} : { amount: row.amount }),
  status: row.status,
  ...(row.code === null ? {} : { code: row.code }),
  createdAt: row.created_at.toISOString(),
  ...(row.completed_at === null ? {} : { completedAt: row.completed_at.toISOString() }),
});

export interface NewPayment {
  readonly id: string;
  readonly memberId: string;
  readonly reservationId: string;
  readonly at: Date;
}

/** Inserts a PROCESSING payment; false, and nothing inserted, when the member has a live one for the reservation. */
export const insert = async (trx: Trx, { id, memberId, reservationId, at }: NewPayment): Promise<boolean> => {
  try {
    await trx('payments').insert({
      id: idToBytes(id),
      member_id: idToBytes(memberId),
      reservation_id: idToBytes(reservationId),
      live_reservation_id: idToBytes(reservationId),
      status: 'PROCESSING' satisfies PaymentStatus,
      version: STARTED,
      created_at: at,
    });
    return true;
  } catch (error) {
    if (isDuplicate(error)) return false;
    throw error;
  }
};

/** The member's live payment for the reservation: the one that `insert` ran into. */
export const findLive = async (
  db: Queryable,
  { memberId, reservationId }: { memberId: string; reservationId: string },
): Promise<Payment | undefined> => {
  const row: PaymentRow | undefined = await db('payments')
    .where({ live_reservation_id: idToBytes(reservationId), member_id: idToBytes(memberId) })
    .first(...columns);
  return row && paymentOf(row);
};

/** A payment that has ended has been changed once: there is nothing between PROCESSING and its end. */
const STARTED = 1;
export const ENDED = 2;

/** PROCESSING -> COMPLETED. False, and nothing changed, when it was not PROCESSING. */
export const complete = async (trx: Trx, { id, amount, at }: { id: string; amount: number; at: Date }): Promise<boolean> => {
  const changed = await trx('payments')
    .where({ id: idToBytes(id), status: 'PROCESSING' satisfies PaymentStatus })
    .update({ status: 'COMPLETED' satisfies PaymentStatus, amount, completed_at: at, version: ENDED });
  return changed === 1;
};

/** PROCESSING -> FAILED, and the reservation is free for another try. False, and nothing changed, when it was not PROCESSING. */
export const fail = async (trx: Trx, { id, amount, code }: { id: string; amount: number | undefined; code: Code }): Promise<boolean> => {
  const changed = await trx('payments')
    .where({ id: idToBytes(id), status: 'PROCESSING' satisfies PaymentStatus })
    .update({ status: 'FAILED' satisfies PaymentStatus, amount: amount ?? null, code, live_reservation_id: null, version: ENDED });
  return changed === 1;
};

interface MembersPayment {
  readonly memberId: string;
  readonly payment: Payment;
}

/** Those of the payments that there are, by id, each with whose it is. */
export const findAll = async (db: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, MembersPayment>> => {
  const rows: (PaymentRow & { member_id: Buffer })[] = await db('payments')
    .whereIn('id', ids.map(idToBytes))
    .select('member_id', ...columns);
  return new Map(rows.map((row) => [bytesToId(row.id), { memberId: bytesToId(row.member_id), payment: paymentOf(row) }]));
};

/** A member's payments with ids below `before`, newest first: UUIDv7 ids rise with time. */
export const listBelow = async (
  db: Queryable,
  { memberId, before, limit }: { memberId: string; before: string; limit: number },
): Promise<Payment[]> => {
  const rows: PaymentRow[] = await db('payments')
    .where('member_id', idToBytes(memberId))
    .where('id', '<', idToBytes(before))
    .orderBy('id', 'desc')
    .limit(limit)
    .select(...columns);
  return rows.map(paymentOf);
};

/** Which of the payments have ended; ids that do not exist are left out. One indexed read for all waiters of a process. */
export const haveEnded = async (db: Queryable, ids: readonly string[]): Promise<Map<string, boolean>> => {
  const rows: { id: Buffer; status: PaymentStatus }[] = await db('payments').whereIn('id', ids.map(idToBytes)).select('id', 'status');
  return new Map(rows.map((row) => [bytesToId(row.id), row.status !== 'PROCESSING']));
};

/** Whether a payment of the member, or a refund of one, has not ended. By the index of its list. */
export const hasUnderWay = async (db: Queryable, memberId: string): Promise<boolean> => {
  const row: unknown = await db('payments')
    .where('member_id', idToBytes(memberId))
    .whereIn('status', ['PROCESSING', 'REFUNDING'] satisfies PaymentStatus[])
    .first('id');
  return row !== undefined;
};
