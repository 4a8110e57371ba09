import { uuidOf, type SqlCheck } from '@onsale/shared/invariants';

/** What must be true of accounts that are being deleted, or are no more (I7, I8). */
export const accountChecks: readonly SqlCheck[] = [
  {
    invariant: 'I7',
    says: 'a deletion that is under way has a saga that can end it, and one at its end has ended as its saga has',
    sql: `SELECT ${uuidOf('d.id')} AS offender FROM account_deletions d LEFT JOIN sagas s ON s.id = d.id
      WHERE s.id IS NULL OR CASE d.status WHEN 'UNDER_WAY' THEN s.status NOT IN ('RUNNING', 'COMPENSATING')
        WHEN 'DONE' THEN s.status <> 'COMPLETED' ELSE s.status <> 'COMPENSATED' END`,
  },
  {
    invariant: 'I8',
    says: 'of an account that is no more there is no member, no session that has not ended, and no export',
    sql: `SELECT ${uuidOf('d.id')} AS offender FROM account_deletions d WHERE d.status = 'DONE' AND (
        EXISTS (SELECT 1 FROM members m WHERE m.id = d.member_id)
        OR EXISTS (SELECT 1 FROM sessions s WHERE s.member_id = d.member_id AND s.ended_at IS NULL)
        OR EXISTS (SELECT 1 FROM data_exports e WHERE e.member_id = d.member_id))`,
  },
  {
    invariant: 'I8',
    says: 'every part of an export belongs to one',
    sql: `SELECT DISTINCT ${uuidOf('p.export_id')} AS offender FROM data_export_parts p LEFT JOIN data_exports e ON e.id = p.export_id WHERE e.id IS NULL`,
  },
];
