import type { Queryable } from '@onsale/shared/db';

/** A sentence that must be true of the stores, and what contradicts it. */
export interface Finding {
  readonly invariant: string;
  readonly says: string;
  readonly violations: number;
  /** The first ten. */
  readonly offenders: readonly string[];
}

interface Check {
  readonly invariant: string;
  readonly says: string;
  /** Selects the offenders as `offender`, hexadecimal. One statement each: it sees one moment of a running shop. */
  readonly sql: string;
}

/** Most offenders that a finding names. */
const NAMED = 10;

const checks: readonly Check[] = [
  {
    invariant: 'I2',
    says: 'every ledger transaction has two or more entries, which sum to zero',
    sql: `SELECT HEX(t.id) AS offender FROM ledger_transactions t LEFT JOIN ledger_entries e ON e.transaction_id = t.id
      GROUP BY t.id HAVING COUNT(e.id) < 2 OR SUM(e.amount) <> 0`,
  },
  {
    invariant: 'I2',
    says: 'every ledger entry belongs to a transaction',
    sql: `SELECT HEX(e.id) AS offender FROM ledger_entries e LEFT JOIN ledger_transactions t ON t.id = e.transaction_id WHERE t.id IS NULL`,
  },
  {
    invariant: 'I2',
    says: 'no wallet is negative; each holds the sum of its entries, and has one entry a version',
    sql: `SELECT HEX(w.member_id) AS offender FROM wallets w LEFT JOIN (
        SELECT member_id, SUM(amount) AS total, COUNT(*) AS entries, MAX(sequence) AS latest FROM ledger_entries
        WHERE member_id IS NOT NULL GROUP BY member_id
      ) e ON e.member_id = w.member_id
      WHERE w.balance < 0 OR w.balance <> COALESCE(e.total, 0)
        OR w.version <> COALESCE(e.entries, 0) OR w.version <> COALESCE(e.latest, 0)`,
  },
  {
    invariant: 'I2',
    says: 'every wallet entry follows from the one before it',
    sql: `SELECT HEX(id) AS offender FROM (
        SELECT id, balance_after - amount - COALESCE(LAG(balance_after) OVER (PARTITION BY member_id ORDER BY sequence), 0) AS gap
        FROM ledger_entries WHERE member_id IS NOT NULL
      ) e WHERE gap <> 0`,
  },
  {
    invariant: 'I2',
    says: 'every wallet entry has a wallet',
    sql: `SELECT HEX(e.id) AS offender FROM ledger_entries e LEFT JOIN wallets w ON w.member_id = e.member_id
      WHERE e.member_id IS NOT NULL AND w.member_id IS NULL`,
  },
  {
    invariant: 'I9',
    says: 'a completed payment has taken its amount, once; a failed one has taken nothing',
    sql: `SELECT HEX(p.id) AS offender FROM payments p LEFT JOIN (
        SELECT UNHEX(REPLACE(t.reference, '-', '')) AS payment_id, SUM(e.amount) AS moved
        FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id AND e.account = 'wallet'
        WHERE t.kind IN ('PAYMENT', 'REFUND') GROUP BY t.reference
      ) m ON m.payment_id = p.id
      WHERE (p.status = 'COMPLETED' AND (p.amount IS NULL OR COALESCE(m.moved, 0) <> -p.amount))
        OR (p.status = 'FAILED' AND COALESCE(m.moved, 0) <> 0)`,
  },
];

/**
 * Asks the schema whether the ledger is whole: one finding a sentence, with no violations where it holds. Safe beside a running service; reads
 * every entry, so it wants a database handle with a long statement deadline on a large ledger.
 */
export const checkLedger = async (db: Queryable): Promise<Finding[]> => {
  const findings: Finding[] = [];
  for (const { invariant, says, sql } of checks) {
    const [rows] = (await db.raw(`SELECT offender, COUNT(*) OVER () AS violations FROM (${sql}) AS found LIMIT ${NAMED}`)) as [
      { offender: string; violations: number }[],
      unknown,
    ];
    findings.push({ invariant, says, violations: rows[0]?.violations ?? 0, offenders: rows.map((row) => row.offender) });
  }
  return findings;
};
