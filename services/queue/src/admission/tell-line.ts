import type { Database } from '@onsale/shared/db';
import { decisionOf } from '../journal/decision.ts';
import { insertEnd, markTold, untold, type JournalEntry } from '../journal/journal-store.ts';
import type { Line } from '../line/line.ts';

/** Rows of one turn. */
const BATCH = 1000;

/**
 * Tells Redis what the journal has decided and Redis has not been told of: the one way from the one to the other after a commit, whoever committed
 * and whoever died since. A row counts as told only after Redis has answered; to be told twice harms nothing.
 * @throws what the first engine to fail threw, after the other queues were tried; what was not told stays so
 */
export const tellLine = ({ db, line }: { db: Database; line: Line }) => {
  const tell = async (queueId: string, entries: readonly JournalEntry[]): Promise<void> => {
    const gaveWay = await line.apply(queueId, entries.map(decisionOf));
    for (const place of gaveWay) await insertEnd(db, { queueId, ...place, ending: 'LEFT' });
    await markTold(db, queueId, entries);
  };

  return async (): Promise<void> => {
    for (;;) {
      const entries = await untold(db, BATCH);
      const failures: unknown[] = [];
      for (const [queueId, ofQueue] of Map.groupBy(entries, (entry) => entry.queueId)) {
        await tell(queueId, ofQueue).catch((error: unknown) => failures.push(error));
      }
      if (failures.length > 0) throw failures[0];
      if (entries.length < BATCH) return;
    }
  };
};

export type TellLine = ReturnType<typeof tellLine>;
