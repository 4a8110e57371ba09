import type { Queryable } from '@onsale/shared/db';
import { runChecks, uuidOf, type Finding, type SqlCheck } from '@onsale/shared/invariants';

/** What must be true of the ledger (I2), and between it and the payments (I9). */
export const ledgerChecks: readonly SqlCheck[] = [
  {
    invariant: 'I2',
    says: 'every ledger transaction has two or more entries, which sum to zero',
    sql: `SELECT ${uuidOf('t.id')} AS offender FROM ledger_transactions t LEFT JOIN ledger_entries e ON e.transaction_id = t.id
      GROUP BY t.id HAVING COUNT(e.id) < 2 OR SUM(e.amount) <> 0`,
  },
  {
    invariant: 'I2',
    says: 'every ledger entry belongs to a transaction',
    sql: `SELECT ${uuidOf('e.id')} AS offender FROM ledger_entries e LEFT JOIN ledger_transactions t ON t.id = e.transaction_id WHERE t.id IS NULL`,
  },
  {
    invariant: 'I2',
    says: 'no wallet is negative; each holds the sum of its entries, and has one entry a version',
    sql: `SELECT ${uuidOf('w.member_id')} AS offender FROM wallets w LEFT JOIN (
        SELECT member_id, SUM(amount) AS total, COUNT(*) AS entries, MAX(sequence) AS latest FROM ledger_entries
        WHERE member_id IS NOT NULL GROUP BY member_id
      ) e ON e.member_id = w.member_id
      WHERE w.balance < 0 OR w.balance <> COALESCE(e.total, 0)
        OR w.version <> COALESCE(e.entries, 0) OR w.version <> COALESCE(e.latest, 0)`,
  },
  {
    invariant: 'I2',
    says: 'every wallet entry follows from the one before it',
    sql: `SELECT ${uuidOf('id')} AS offender FROM (
        SELECT id, balance_after - amount - COALESCE(LAG(balance_after) OVER (PARTITION BY member_id ORDER BY sequence), 0) AS gap
        FROM ledger_entries WHERE member_id IS NOT NULL
      ) e WHERE gap <> 0`,
  },
  {
    invariant: 'I2',
    says: 'every wallet entry has a wallet',
    sql: `SELECT ${uuidOf('e.id')} AS offender FROM ledger_entries e LEFT JOIN wallets w ON w.member_id = e.member_id
      WHERE e.member_id IS NOT NULL AND w.member_id IS NULL`,
  },
  {
    invariant: 'I9',
    says: 'a completed payment has taken its amount, once; a failed one has taken nothing',
    sql: `SELECT ${uuidOf('p.id')} AS offender FROM payments p LEFT JOIN (
        SELECT UNHEX(REPLACE(t.reference, '-', '')) AS payment_id, SUM(e.amount) AS moved
        FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id AND e.account = 'wallet'
        WHERE t.kind IN ('PAYMENT', 'REFUND') GROUP BY t.reference
      ) m ON m.payment_id = p.id
      WHERE (p.status = 'COMPLETED' AND (p.amount IS NULL OR COALESCE(m.moved, 0) <> -p.amount))
        OR (p.status = 'FAILED' AND COALESCE(m.moved, 0) <> 0)`,
  },
];

/** Asks the schema whether the ledger is whole: one finding a sentence, with no violations where it holds. */
export const checkLedger = (db: Queryable): Promise<Finding[]> => runChecks(db, ledgerChecks);
