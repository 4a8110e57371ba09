import { DenseId, type AuditRecord } from '@onsale/contracts';
import type { Database } from '../db/index.ts';
import { decodeCursor, pageOf, type Page } from '../paging/index.ts';

interface Row {
  readonly id: number;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly before_change: string | null;
  readonly after_change: string;
}

const viewOf = ({ id, at, before_change, after_change, ...rest }: Row): AuditRecord => ({
  ...rest,
  id: String(id),
  at: at.toISOString(),
  ...(before_change !== null && { before: JSON.parse(before_change) as AuditRecord['before'] }),
  after: JSON.parse(after_change) as AuditRecord['after'],
});

/**
 * What was changed, newest first; of one thing alone when `subject` names it. A page begins below the id of its cursor, so that what is written
 * meanwhile moves nothing. @throws Refusal VALIDATION_FAILED for a cursor of another list
 */
export const listAudit =
  ({ db }: { db: Database }) =>
  async ({
    subject,
    cursor,
    limit,
  }: {
    subject: string | undefined;
    cursor: string | undefined;
    limit: number;
  }): Promise<Page<AuditRecord>> => {
    const before = decodeCursor(DenseId, cursor);
    const rows = db('audit')
      .select<Row[]>('id', 'at', 'actor', 'action', 'subject', 'before_change', 'after_change')
      .orderBy('id', 'desc')
      .limit(limit + 1);
    if (subject !== undefined) void rows.where({ subject });
    if (before !== undefined) void rows.where('id', '<', Number(before));
    return pageOf(await rows, { limit, keyOf: ({ id }) => String(id), view: viewOf });
  };
