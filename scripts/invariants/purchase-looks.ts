import type { Look } from '@onsale/shared/invariants';
import { bytesToId, idToBytes } from '@onsale/shared/ids';
import type { Database } from '@onsale/shared/db';
import { PAGE, pagesOf } from './pages.ts';
import type { Stores } from './stores.ts';

interface PaymentRow {
  readonly id: Buffer;
  readonly member_id: Buffer;
  readonly reservation_id: Buffer;
  readonly amount: number;
  readonly status: string;
}

interface ReservationRow {
  readonly id: Buffer;
  readonly member_id: Buffer;
  readonly amount: number;
  readonly status: string;
  readonly saga_id: string | null;
}

interface SpentRow {
  readonly id: Buffer;
  readonly queue_id: string | null;
  readonly number: string | null;
}

const isUuid = (text: string | null): text is string => text !== null && /^[0-9a-f-]{36}$/.test(text);
const byId = <R extends { readonly id: Buffer }>(rows: readonly R[]): ReadonlyMap<string, R> =>
  new Map(rows.map((row) => [bytesToId(row.id), row]));

const completedPayments = ({ payment }: Stores) =>
  pagesOf<PaymentRow>((above) =>
    payment('payments')
      .where({ status: 'COMPLETED' })
      .where('id', '>', above)
      .orderBy('id')
      .limit(PAGE)
      .select('id', 'member_id', 'reservation_id', 'amount', 'status'),
  );

const reservationsThatAre = ({ reservation }: Stores, status: string) =>
  pagesOf<ReservationRow>((above) =>
    reservation('reservations')
      .where({ status })
      .where('id', '>', above)
      .orderBy('id')
      .limit(PAGE)
      .select('id', 'member_id', 'amount', 'status', 'saga_id'),
  );

/** Payments first, what they were for afterwards: the reservation is CONFIRMED before its payment is COMPLETED. */
async function* paidForNothing(stores: Stores): AsyncGenerator<string> {
  for await (const page of completedPayments(stores)) {
    const ids = page.map((row) => row.reservation_id);
    const rows: ReservationRow[] = await stores
      .reservation('reservations')
      .whereIn('id', ids)
      .select('id', 'member_id', 'amount', 'status', 'saga_id');
    const reservations = byId(rows);
    for (const { id, member_id, reservation_id, amount } of page) {
      const sold = reservations.get(bytesToId(reservation_id));
      const agrees =
        sold?.status === 'CONFIRMED' && sold.saga_id === bytesToId(id) && sold.amount === amount && sold.member_id.equals(member_id);
      if (!agrees) yield bytesToId(id);
    }
  }
}

/** Reservations first: a payment that was under way when the seats were sold can only have been completed since. */
async function* soldForNothing(stores: Stores): AsyncGenerator<string> {
  for await (const page of reservationsThatAre(stores, 'CONFIRMED')) {
    const ids = page.flatMap(({ saga_id }) => (isUuid(saga_id) ? [idToBytes(saga_id)] : []));
    const rows: PaymentRow[] = await stores.payment('payments').whereIn('id', ids).select('id', 'reservation_id', 'status');
    const payments = byId(rows);
    for (const { id, saga_id } of page) {
      const paid = saga_id === null ? undefined : payments.get(saga_id);
      const agrees = paid !== undefined && paid.reservation_id.equals(id) && paid.status !== 'FAILED';
      if (!agrees) yield bytesToId(id);
    }
  }
}

/** Reservations first; a saga that has ended since gave its reservation back before, which the next look sees. */
async function* payingWithoutSaga(stores: Stores): AsyncGenerator<string> {
  for await (const page of reservationsThatAre(stores, 'PAYING')) {
    const ids = page.flatMap(({ saga_id }) => (isUuid(saga_id) ? [idToBytes(saga_id)] : []));
    const rows: { id: Buffer; status: string }[] = await stores.payment('sagas').whereIn('id', ids).select('id', 'status');
    const sagas = byId(rows);
    for (const { id, saga_id } of page) {
      const status = saga_id === null ? undefined : sagas.get(saga_id)?.status;
      if (status !== 'RUNNING' && status !== 'COMPENSATING') yield bytesToId(id);
    }
  }
}

interface Spenders {
  readonly db: Database;
  readonly type: string;
  /** Where the number is in what such a saga knows. */
  readonly at: string;
  /** Whether some come by none. */
  readonly optional: boolean;
}

const pagesOfSpent = ({ db, type, at, optional }: Spenders) =>
  pagesOf<SpentRow>((above) =>
    db('sagas')
      .where({ type, status: 'COMPLETED' })
      .where('created_at', '>', db.raw('NOW(3) - INTERVAL 14 DAY'))
      .where('id', '>', above)
      .whereRaw(optional ? 'JSON_EXTRACT(data, ?) IS NOT NULL' : '? IS NOT NULL', [`${at}.number`])
      .orderBy('id')
      .limit(PAGE)
      .select('id', {
        queue_id: db.raw('JSON_UNQUOTE(JSON_EXTRACT(data, ?))', [`${at}.queueId`]),
        number: db.raw('JSON_UNQUOTE(JSON_EXTRACT(data, ?))', [`${at}.number`]),
      }),
  );

/** Sagas first: a number has its end before the saga that spends it has one. The journal forgets numbers 15 days after their end at the earliest. */
async function* notSpent(stores: Stores, spenders: Spenders): AsyncGenerator<string> {
  for await (const page of pagesOfSpent(spenders)) {
    const ended = new Set<string>();
    for (const [queueId, rows] of Map.groupBy(page, ({ queue_id }) => queue_id)) {
      if (queueId === null) continue;
      const numbers = rows.map(({ number }) => Number(number));
      const found: { number: number }[] = await stores
        .queue('journal')
        .where({ queue_id: queueId })
        .whereIn('number', numbers)
        .whereNotNull('ended_at')
        .select('number');
      for (const { number } of found) ended.add(`${queueId} ${number}`);
    }
    for (const { id, queue_id, number } of page) if (!ended.has(`${queue_id} ${number}`)) yield bytesToId(id);
  }
}

/** Whether payment, reservation and queue tell the same of every purchase (I9); each within its schema, the rest follows (`*-checks.ts`). */
export const purchaseLooks = (stores: Stores): Look[] => [
  {
    invariant: 'I9',
    says: 'a COMPLETED payment has bought a reservation of its member, at its amount',
    find: () => paidForNothing(stores),
  },
  {
    invariant: 'I9',
    says: 'a CONFIRMED reservation has been bought by a payment that is, or is about to be, COMPLETED',
    find: () => soldForNothing(stores),
  },
  {
    invariant: 'I9',
    says: 'a reservation is PAYING only as long as the saga of its payment is under way',
    find: () => payingWithoutSaga(stores),
  },
  {
    invariant: 'I9',
    says: 'a purchase that is through has ended the number that it came by',
    find: () => notSpent(stores, { db: stores.payment, type: 'ticket-purchase', at: '$.state.hold', optional: false }),
  },
  {
    invariant: 'I9',
    says: 'an order that is through has ended the number that it came by, where its goods have a waiting room',
    find: () => notSpent(stores, { db: stores.commerce, type: 'order-purchase', at: '$.state.cameBy', optional: true }),
  },
];
