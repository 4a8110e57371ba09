import type { SqlCheck } from '../invariants/index.ts';

export interface OutboxCheckOptions {
  /** Seconds that a message may stay, from its commit or from the healing of the last fault. */
  readonly withinSeconds: number;
  /** When the last fault was healed; none is known of when it is left out. */
  readonly healedAt?: Date;
}

/** What must be true of a service's outbox (I8). */
export const outboxChecks = ({ withinSeconds, healedAt = new Date(0) }: OutboxCheckOptions): SqlCheck[] => [
  {
    invariant: 'I8',
    says: `no message stays in the outbox for more than ${withinSeconds} s`,
    sql: `SELECT CONCAT('outbox ', id, ' (', topic, ', ', aggregate, ')') AS offender FROM outbox
      WHERE GREATEST(created_at, CAST(? AS DATETIME(3))) < NOW(3) - INTERVAL ? SECOND`,
    bindings: [healedAt, withinSeconds],
  },
];
