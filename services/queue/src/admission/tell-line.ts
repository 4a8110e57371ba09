import type { Database } from '@onsale/shared/db';
import { decisionOf } from '../journal/decision.ts';
import { insertEnd, markTold, untold, type JournalEntry } from '../journal/journal-store.ts';
import type { Line } from '../line/line.ts';

/** Rows of one turn. */
const BATCH = 1000;

const byQueue = (entries: readonly JournalEntry[]): Map<string, JournalEntry[]> => Map.groupBy(entries, ({ queueId }) => queueId);

/**
 * Tells Redis what the journal has decided and Redis has not been told of: the one way from the one to the other after a commit, whoever committed
 * and whoever died since. A row counts as told only after Redis has answered; to be told twice harms nothing.
 * @throws whatever an engine throws; what was not told stays so
 */
export const tellLine =
  ({ db, line }: { db: Database; line: Line }) =>
  async (): Promise<void> => {
    for (;;) {
      const entries = await untold(db, BATCH);
      for (const [queueId, ofQueue] of byQueue(entries)) {
        const gaveWay = await line.apply(queueId, ofQueue.map(decisionOf));
        for (const place of gaveWay) await insertEnd(db, { queueId, ...place, ending: 'LEFT' });
        await markTold(db, queueId, ofQueue);
      }
      if (entries.length < BATCH) return;
    }
  };

export type TellLine = ReturnType<typeof tellLine>;
