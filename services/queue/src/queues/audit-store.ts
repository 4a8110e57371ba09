import type { Trx } from '@onsale/shared/db';

export interface AuditEntry {
  /** A member's id, or `system`. */
  readonly actor: string;
  readonly action: 'queue.create' | 'queue.change';
  readonly subject: string;
  readonly before?: object;
  readonly after: object;
}

/** Written in the transaction of the change. */
export const insertAudit = async (trx: Trx, { actor, action, subject, before, after }: AuditEntry): Promise<void> => {
  await trx('audit').insert({
    actor,
    action,
    subject,
    before_change: before === undefined ? null : JSON.stringify(before),
    after_change: JSON.stringify(after),
  });
};
