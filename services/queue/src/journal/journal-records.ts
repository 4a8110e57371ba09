import type { Queryable } from '@onsale/shared/db';
import type { Ending } from '../places/place.ts';
import { COLUMNS, entryOf, type JournalEntry, type Row } from './journal-store.ts';

/** The whole of a row, as operators are told of it. */
export interface JournalRecord extends JournalEntry {
  readonly admittedAt: Date | undefined;
  readonly endedAt: Date | undefined;
}

/** The row of a number, if it has one. */
export const findRecord = async (db: Queryable, queueId: string, number: number): Promise<JournalRecord | undefined> => {
  const row = await db('journal')
    .where({ queue_id: queueId, number })
    .first<(Row & { admitted_at: Date | null; ended_at: Date | null }) | undefined>([...COLUMNS, 'admitted_at', 'ended_at']);
  return row && { ...entryOf(row), admittedAt: row.admitted_at ?? undefined, endedAt: row.ended_at ?? undefined };
};

/** How the places of a queue ended, as far as the journal remembers; an index is counted, no row is read. */
export const countEnded = async (db: Queryable, queueId: string): Promise<Record<Ending, number>> => {
  const rows = await db('journal')
    .where({ queue_id: queueId })
    .whereNotNull('ending')
    .groupBy('ending')
    .select<{ ending: Ending; places: number }[]>('ending', db.raw('COUNT(*) AS places'));
  return { EXPIRED: 0, COMPLETED: 0, LEFT: 0, REVOKED: 0, ...Object.fromEntries(rows.map(({ ending, places }) => [ending, places])) };
};
