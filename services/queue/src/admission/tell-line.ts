import { PLACES_CHANGED, type PlacesChanged } from '@onsale/contracts/queue';
import type { Database } from '@onsale/shared/db';
import type { Notices } from '@onsale/shared/redis';
import { decisionOf } from '../journal/decision.ts';
import { insertEnd, markTold, untold, type JournalEntry } from '../journal/journal-store.ts';
import type { Line } from '../line/line.ts';

/** Rows of one turn. */
const BATCH = 1000;

interface Deps {
  readonly db: Database;
  readonly line: Line;
  readonly notices: Pick<Notices, 'publish'>;
}

/**
 * Tells Redis what the journal has decided and Redis has not been told of: the one way from the one to the other after a commit, whoever committed
 * and whoever died since. A row counts as told only after Redis has answered; to be told twice harms nothing. Then those who
 * watch these places are given notice.
 * @throws what the first queue to fail met, after all the others were told; what was not told stays so
 */
export const tellLine = ({ db, line, notices }: Deps) => {
  /** A number that was revoked while nobody could tell whose it is names no member: whoever stands there now is found by it. */
  const named = async (entry: JournalEntry): Promise<JournalEntry> => {
    if (entry.member !== '') return entry;
    return { ...entry, ...(await line.findByScore(entry.queueId, entry)) };
  };

  const tell = async (queueId: string, entries: readonly JournalEntry[]): Promise<void> => {
    const gaveWay = await line.apply(queueId, (await Promise.all(entries.map(named))).map(decisionOf));
    for (const place of gaveWay) await insertEnd(db, { queueId, ...place, ending: 'LEFT' });
    void notices.publish(PLACES_CHANGED, JSON.stringify({ queueId, numbers: entries.map(({ number }) => number) } satisfies PlacesChanged));
    await markTold(db, queueId, entries);
  };

  return async (): Promise<void> => {
    /** Its node of a cluster is away: what it is to be told must not keep the others from theirs. */
    const failed = new Map<string, unknown>();
    for (;;) {
      const entries = await untold(db, { except: [...failed.keys()], limit: BATCH });
      for (const [queueId, ofQueue] of Map.groupBy(entries, (entry) => entry.queueId)) {
        await tell(queueId, ofQueue).catch((error: unknown) => failed.set(queueId, error));
      }
      if (entries.length < BATCH) break;
    }
    for (const error of failed.values()) throw error;
  };
};

export type TellLine = ReturnType<typeof tellLine>;
