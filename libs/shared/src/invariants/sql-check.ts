import type { Queryable } from '../db/index.ts';
import { NAMED, type Finding } from './finding.ts';

/** A sentence about one schema, and the statement that looks for what contradicts it. */
export interface SqlCheck {
  readonly invariant: string;
  readonly says: string;
  /** Selects the offenders as `offender`, a text. One statement: InnoDB shows it one moment of a running shop, so what is under way is not half seen. */
  readonly sql: string;
  readonly bindings?: readonly (string | number | Date)[];
}

/** SQL for the canonical form of the UUID in a BINARY(16) column: only MySQL has BIN_TO_UUID. */
export const uuidOf = (column: string): string =>
  `LOWER(INSERT(INSERT(INSERT(INSERT(HEX(${column}), 9, 0, '-'), 14, 0, '-'), 19, 0, '-'), 24, 0, '-'))`;

/**
 * Asks the schema whether the sentences hold: one finding each, in their order, with no violations where it holds. Safe beside a running service; some
 * statements read whole tables, so a large schema wants a handle with a long statement deadline.
 */
export const runChecks = async (db: Queryable, checks: readonly SqlCheck[]): Promise<Finding[]> => {
  const findings: Finding[] = [];
  for (const { invariant, says, sql, bindings = [] } of checks) {
    const [rows] = (await db.raw(
      `SELECT offender, COUNT(*) OVER () AS violations FROM (${sql}) AS found ORDER BY offender LIMIT ${NAMED}`,
      [...bindings],
    )) as [{ offender: string; violations: number }[], unknown];
    findings.push({ invariant, says, violations: rows[0]?.violations ?? 0, offenders: rows.map((row) => row.offender) });
  }
  return findings;
};
