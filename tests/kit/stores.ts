import { createDatabase, type Database } from '@onsale/shared/db';
import { bytesToId, idToBytes } from '@onsale/shared/ids';
import { mostLive } from '../../services/queue/src/testing/journal-checks.ts';

export interface JournalRow {
  readonly number: number;
  readonly turn: number;
  readonly admittedAt: Date;
  readonly until: Date | null;
  readonly endedAt: Date | null;
}

const bySeat = (a: { seatId: string }, b: { seatId: string }): number => Number(a.seatId) - Number(b.seatId);

/** What the databases say, asked of them directly: the end state that tests assert; and time that goes by there at once. */
export const createStores = ({ urlOf }: { urlOf: (service: string) => string }) => {
  const open = (service: string): Database =>
    createDatabase({ url: urlOf(service), poolSize: 4, connectTimeoutMs: 15_000, acquireTimeoutMs: 20_000 });
  const [reservation, payment, queue, commerce] = [open('reservation'), open('payment'), open('queue'), open('commerce')];

  return {
    databases: { reservation, payment, queue, commerce },
    close: () => Promise.all([reservation, payment, queue, commerce].map((database) => database.destroy())),

    /** Sold seats of a schedule with their owners, by seat. */
    sales: async (scheduleId: string) => {
      const rows = await reservation('seat_sales as s')
        .join('reservations as r', 'r.id', 's.reservation_id')
        .where('s.schedule_id', idToBytes(scheduleId))
        .select<{ seat_id: number; member_id: Buffer; id: Buffer }[]>('s.seat_id', 'r.member_id', 'r.id');
      return rows
        .map((row) => ({ seatId: String(row.seat_id), memberId: bytesToId(row.member_id), reservationId: bytesToId(row.id) }))
        .sort(bySeat);
    },

    /** Seats that are held now by reservations that hold them, by seat: a seat and its reservation must tell the same. */
    liveHolds: async (scheduleId: string) => {
      const rows = await reservation('seats as s')
        .join('reservations as r', 'r.id', 's.reservation_id')
        .where('s.schedule_id', idToBytes(scheduleId))
        .andWhere('s.status', 'HELD')
        .whereIn('r.status', ['HELD', 'PAYING'])
        .whereRaw('s.held_until > UTC_TIMESTAMP(3)')
        .select<{ seat_id: number; member_id: Buffer }[]>('s.id as seat_id', 'r.member_id');
      return rows.map((row) => ({ seatId: String(row.seat_id), memberId: bytesToId(row.member_id) })).sort(bySeat);
    },

    /** Has the database believe that this much time has gone by for a reservation, in all tables alike. */
    ages: async (reservationId: string, seconds: number): Promise<void> => {
      const id = idToBytes(reservationId);
      const earlier = (column: string) => reservation.raw('?? - INTERVAL ? SECOND', [column, seconds]);
      await reservation('reservations')
        .where({ id })
        .update({ expires_at: earlier('expires_at'), held_until: earlier('held_until') });
      await reservation('seats')
        .where({ reservation_id: id, status: 'HELD' })
        .update({ held_until: earlier('held_until') });
    },

    /** Ends the time inside of everybody who is admitted to a queue, or of these numbers alone. */
    windowIsOver: async (queueId: string, numbers?: readonly number[]): Promise<void> => {
      await queue('journal')
        .where('queue_id', queueId)
        .modify((rows) => void (numbers === undefined || rows.whereIn('number', [...numbers])))
        .whereNull('ended_at')
        .update({ until: queue.raw('NOW(3)') });
    },

    /** What a coupon's row counts, and who has one. */
    issuesOf: async (couponId: string) => {
      const id = idToBytes(couponId);
      const coupon = await commerce('coupons').where({ id }).first<{ issued: number } | undefined>('issued');
      const rows = await commerce('member_coupons').where({ coupon_id: id }).select<{ member_id: Buffer }[]>('member_id');
      return { issued: coupon?.issued, holders: rows.map((row) => bytesToId(row.member_id)) };
    },

    reservations: async (scheduleId: string) => {
      const rows = await reservation('reservations').where('schedule_id', idToBytes(scheduleId)).select<
        {
          id: Buffer;
          status: string;
        }[]
      >('id', 'status');
      return rows.map((row) => ({ id: bytesToId(row.id), status: row.status }));
    },

    /** What is left of a product, what orders have reserved, and what those that are paid have sold. */
    stockOf: async (productId: string) => {
      const id = idToBytes(productId);
      const row = await commerce('stock').where('product_id', id).first<{ available: number; reserved: number }>('available', 'reserved');
      const [sold] = await commerce('order_items as i')
        .join('orders as o', 'o.id', 'i.order_id')
        .where('i.product_id', id)
        .whereIn('o.status', ['COMPLETED', 'CANCELLING'])
        .sum<{ sum: string | null }[]>({ sum: 'i.quantity' });
      return { ...row, sold: Number(sold?.sum ?? 0) };
    },

    /** A member's balance, and the sum of the entries that it must equal. */
    balanceOf: async (memberId: string) => {
      const [wallet] = await payment('wallets').where('member_id', idToBytes(memberId)).select<{ balance: number }[]>('balance');
      const [sum] = await payment('ledger_entries').where('member_id', idToBytes(memberId)).sum<
        {
          amount: string | null;
        }[]
      >({ amount: 'amount' });
      return { balance: wallet?.balance ?? 0, entries: Number(sum?.amount ?? 0) };
    },

    /** Who was admitted to a queue, in the order in which they were. */
    journal: async (queueId: string): Promise<JournalRow[]> => {
      const rows = await queue('journal').where('queue_id', queueId).whereNotNull('admitted_at').orderBy('turn').select<
        {
          number: number;
          turn: number;
          admitted_at: Date;
          until: Date | null;
          ended_at: Date | null;
        }[]
      >('number', 'turn', 'admitted_at', 'until', 'ended_at');
      return rows.map((row) => ({
        number: row.number,
        turn: row.turn,
        admittedAt: row.admitted_at,
        until: row.until,
        endedAt: row.ended_at,
      }));
    },

    /** The most rows that were live at one time. */
    mostAtOnce: (journal: readonly JournalRow[]): number =>
      mostLive(journal.map(({ admittedAt, endedAt }) => ({ admitted_at: admittedAt, ended_at: endedAt }))),
  };
};

export type Stores = ReturnType<typeof createStores>;
