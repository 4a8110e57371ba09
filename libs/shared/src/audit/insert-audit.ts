import type { Trx } from '../db/index.ts';

export interface AuditEntry {
  /** A member's id, or `system`. */
  readonly actor: string;
  /** `<thing>.<verb>`: `queue.change`. */
  readonly action: `${string}.${string}`;
  /** The id of what was changed. */
  readonly subject: string;
  /** Absent for what was not there before. */
  readonly before?: object;
  readonly after: object;
}

/** Writes down who did what, in the transaction of the change: both are committed, or neither. */
export const insertAudit = async (trx: Trx, { actor, action, subject, before, after }: AuditEntry): Promise<void> => {
  if (trx.isTransaction !== true || trx.isCompleted()) throw new Error('an audit row is written in the open transaction of its change');
  await trx('audit').insert({
    actor,
    action,
    subject,
    before_change: before === undefined ? null : JSON.stringify(before),
    after_change: JSON.stringify(after),
  });
};
