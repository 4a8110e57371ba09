import { uuidOf, type SqlCheck } from '@onsale/shared/invariants';

export interface SeatCheckOptions {
  /** When the last fault was healed: nothing could end a hold before. None is known of when it is left out. */
  readonly healedAt?: Date;
}

/** More than a hold may outlive its time by (I11 of docs/operations.md): a few sweeps. */
const TIDY_SECONDS = 5;

const seat = (schedule: string, id: string): string => `CONCAT(${uuidOf(schedule)}, ' seat ', ${id})`;
/** A reservation in one of these has its seats, lapsed or not: it loses them, all at once, only in the transaction that takes the state away. */
const HAS_SEATS = `('HELD', 'PAYING', 'CONFIRMED')`;
/** Of what was made under a key: a hold answers with its reservation, the creation of a schedule with that. */
const keptId = `UNHEX(REPLACE(JSON_UNQUOTE(JSON_EXTRACT(k.value, '$.id')), '-', ''))`;

/**
 * What must be true between seats, reservations and sales (I1), of the time of holds (I11), of prices (I9) and of keys (I10). Each
 * sentence holds at every commit: whoever changes one side changes the other in the same transaction.
 */
export const seatChecks = ({ healedAt = new Date(0) }: SeatCheckOptions = {}): SqlCheck[] => [
  {
    invariant: 'I1',
    says: 'no two reservations hold or have bought the same seat',
    sql: `SELECT ${seat('r.schedule_id', 'a.seat_id')} AS offender FROM reservations r JOIN reservation_seats a ON a.reservation_id = r.id
      WHERE r.status IN ${HAS_SEATS} GROUP BY r.schedule_id, a.seat_id HAVING COUNT(*) > 1`,
  },
  {
    invariant: 'I1',
    says: 'a reservation that holds or has bought its seats has all of them, as long as it says',
    sql: `SELECT ${uuidOf('r.id')} AS offender FROM reservations r LEFT JOIN reservation_seats a ON a.reservation_id = r.id
        LEFT JOIN seats s ON s.schedule_id = r.schedule_id AND s.id = a.seat_id
      WHERE r.status IN ${HAS_SEATS} AND (s.id IS NULL OR NOT s.reservation_id <=> r.id
        OR s.status <> IF(r.status = 'CONFIRMED', 'SOLD', 'HELD') OR (s.status = 'HELD' AND s.held_until <> r.held_until))
      GROUP BY r.id`,
  },
  {
    invariant: 'I1',
    says: 'a seat that is held or sold is so by a reservation that was made for it, and still holds or has bought it',
    sql: `SELECT ${seat('s.schedule_id', 's.id')} AS offender FROM seats s LEFT JOIN reservations r ON r.id = s.reservation_id
        LEFT JOIN reservation_seats a ON a.reservation_id = r.id AND a.seat_id = s.id
      WHERE s.status <> 'AVAILABLE' AND (a.seat_id IS NULL OR r.schedule_id <> s.schedule_id
        OR (s.status = 'HELD' AND r.status NOT IN ('HELD', 'PAYING')) OR (s.status = 'SOLD' AND r.status <> 'CONFIRMED'))`,
  },
  {
    invariant: 'I1',
    says: 'a seat that is sold has a row of its sale, to the same reservation, and no other seat has',
    sql: `SELECT ${seat('s.schedule_id', 's.id')} AS offender FROM seats s
        LEFT JOIN seat_sales b ON b.schedule_id = s.schedule_id AND b.seat_id = s.id
      WHERE s.status = 'SOLD' AND NOT b.reservation_id <=> s.reservation_id
      UNION SELECT ${seat('b.schedule_id', 'b.seat_id')} FROM seat_sales b
        LEFT JOIN seats s ON s.schedule_id = b.schedule_id AND s.id = b.seat_id AND s.status = 'SOLD'
      WHERE NOT s.reservation_id <=> b.reservation_id`,
  },
  {
    invariant: 'I11',
    says: `no hold outlives its time, or the grace of its payment, by more than ${TIDY_SECONDS} s`,
    sql: `SELECT ${uuidOf('id')} AS offender FROM reservations
      WHERE status IN ('HELD', 'PAYING') AND GREATEST(held_until, CAST(? AS DATETIME(3))) < NOW(3) - INTERVAL ${TIDY_SECONDS} SECOND`,
    bindings: [healedAt],
  },
  {
    invariant: 'I11',
    says: 'a hold without a payment under way ends when its member was told',
    sql: `SELECT ${uuidOf('id')} AS offender FROM reservations WHERE status = 'HELD' AND held_until <> expires_at`,
  },
  {
    invariant: 'I9',
    says: 'a reservation costs what its seats do',
    sql: `SELECT ${uuidOf('r.id')} AS offender FROM reservations r LEFT JOIN reservation_seats a ON a.reservation_id = r.id
      GROUP BY r.id, r.amount HAVING r.amount <> COALESCE(SUM(a.price), 0)`,
  },
  {
    invariant: 'I10',
    says: 'every key stands for a reservation or a schedule that there is, and no two for the same',
    sql: `SELECT LOWER(HEX(MIN(k.scope))) AS offender FROM idempotency_keys k
        LEFT JOIN reservations r ON r.id = ${keptId} LEFT JOIN schedules s ON s.id = ${keptId}
      GROUP BY COALESCE(r.id, s.id, k.scope) HAVING COUNT(*) > 1 OR COUNT(r.id) + COUNT(s.id) = 0`,
  },
];
