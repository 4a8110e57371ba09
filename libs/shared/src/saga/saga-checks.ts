import { uuidOf, type SqlCheck } from '../invariants/index.ts';

export interface SagaCheckOptions {
  /** Seconds that a saga may take from its start, or from the healing of the last fault. */
  readonly withinSeconds: number;
  /** When the last fault was healed; none is known of when it is left out. */
  readonly healedAt?: Date;
}

/** The beginning of times, for a database. */
const NEVER = new Date(0);

/** What must be true of an orchestrator's sagas (I7). */
export const sagaChecks = ({ withinSeconds, healedAt = NEVER }: SagaCheckOptions): SqlCheck[] => [
  {
    invariant: 'I7',
    says: `no saga is under way for more than ${withinSeconds} s after its start, or after the last fault was healed`,
    sql: `SELECT CONCAT(${uuidOf('id')}, ' (', status, ', ', step, ')') AS offender FROM sagas
      WHERE status NOT IN ('COMPLETED', 'COMPENSATED') AND GREATEST(created_at, CAST(? AS DATETIME(3))) < NOW(3) - INTERVAL ? SECOND`,
    bindings: [healedAt, withinSeconds],
  },
  {
    invariant: 'I7',
    says: 'a saga that is under way is looked after, one at its end is left alone',
    sql: `SELECT CONCAT(${uuidOf('id')}, ' (', status, ', ', step, ')') AS offender FROM sagas
      WHERE (status NOT IN ('COMPLETED', 'COMPENSATED')) <> (next_action_at IS NOT NULL)`,
  },
];
