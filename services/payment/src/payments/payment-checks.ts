import { uuidOf, type SqlCheck } from '@onsale/shared/invariants';
import { ORDER_REFERENCE } from '../orders/consumer.ts';

/** The keys' answers of this service that are a payment's: what `startPayment` answers with. */
const keptPayment = `JSON_UNQUOTE(JSON_EXTRACT(k.value, '$.paymentId'))`;
/** And those that are a ledger entry's: what `chargeWallet` answers with. */
const keptEntry = `JSON_UNQUOTE(JSON_EXTRACT(k.value, '$.id'))`;
const bytesOf = (uuid: string): string => `UNHEX(REPLACE(${uuid}, '-', ''))`;

/** What must be true between payments, their sagas (I7, I9) and the idempotency keys (I10). */
export const paymentChecks: readonly SqlCheck[] = [
  {
    invariant: 'I7',
    says: 'a payment that is PROCESSING has a saga that can end it',
    sql: `SELECT ${uuidOf('p.id')} AS offender FROM payments p LEFT JOIN sagas s ON s.id = p.id
      WHERE p.status = 'PROCESSING' AND (s.id IS NULL OR s.status NOT IN ('RUNNING', 'COMPENSATING'))`,
  },
  {
    invariant: 'I9',
    says: 'a payment has ended as its saga has: COMPLETED unless taken back, FAILED only when taken back',
    sql: `SELECT ${uuidOf('p.id')} AS offender FROM payments p LEFT JOIN sagas s ON s.id = p.id
      WHERE (p.status = 'COMPLETED' AND (s.id IS NULL OR s.status NOT IN ('RUNNING', 'COMPLETED')))
        OR (p.status = 'FAILED' AND (s.id IS NULL OR s.status <> 'COMPENSATED'))`,
  },
  {
    invariant: 'I9',
    says: 'a reservation is paid for once',
    sql: `SELECT ${uuidOf('reservation_id')} AS offender FROM payments WHERE status = 'COMPLETED' GROUP BY reservation_id HAVING COUNT(*) > 1`,
  },
  {
    invariant: 'I9',
    says: 'what the ledger has moved for a payment, there is such a payment',
    sql: `SELECT ${uuidOf('t.id')} AS offender FROM ledger_transactions t LEFT JOIN payments p ON p.id = ${bytesOf('t.reference')}
      WHERE t.kind IN ('PAYMENT', 'REFUND') AND t.reference NOT LIKE '${ORDER_REFERENCE}%' AND p.id IS NULL`,
  },
  {
    invariant: 'I10',
    says: 'every key of a payment or charge stands for one that there is, and no two for the same',
    sql: `SELECT LOWER(HEX(MIN(k.scope))) AS offender FROM idempotency_keys k
        LEFT JOIN payments p ON p.id = ${bytesOf(keptPayment)} LEFT JOIN ledger_entries e ON e.id = ${bytesOf(keptEntry)}
      GROUP BY COALESCE(p.id, e.id, k.scope) HAVING COUNT(*) > 1 OR COUNT(p.id) + COUNT(e.id) = 0`,
  },
];
