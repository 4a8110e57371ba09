import type { Database, Queryable } from '@onsale/shared/db';
import {
  databaseNow,
  entriesOf,
  insertEnd,
  isOfAnother,
  latestAdmissionOf,
  markSeen,
  type JournalEntry,
} from '../journal/journal-store.ts';
import { oldestNumber } from '../opening/opening.ts';
import type { QueueDefinition } from '../queues/queue.ts';
import { isVoid, type Place, type Standing } from './place.ts';

const standingOf = (entry: JournalEntry, nowMs: number): Standing => {
  if (entry.ending !== undefined) return { state: 'ENDED', ending: entry.ending };
  const untilMs = entry.admittedUntilMs!; // past it too: an end is in the journal before it is answered, and the next tick writes it
  return { state: 'ADMITTED', untilMs, remainingMs: Math.max(0, untilMs - nowMs) };
};

/**
 * Rows of numbers, where those that are admitted are known to have been told so: before they are, under the locks of their rows, so that nobody is told
 * whose admission is being ended as a no-show.
 */
const entriesSeen = async (db: Queryable, queueId: string, numbers: readonly number[]): Promise<Map<number, JournalEntry>> => {
  const entries = await entriesOf(db, queueId, numbers);
  const unseen = entries.filter(({ ending, seen }) => ending === undefined && !seen).map(({ number }) => number);
  if (unseen.length > 0) {
    await markSeen(db, queueId, unseen);
    entries.push(...(await entriesOf(db, queueId, unseen)));
  }
  return new Map(entries.map((entry) => [entry.number, entry]));
};

/**
 * What the journal knows of places, in their order. `undefined` is nothing: who has such a place may still wait. A place whose member was admitted
 * by a later number is over, and gets its row here. One whose number has another member's row (`admitNext`) can never have its own: it is over. Two indexed reads, however many places, and a write for those who are told the first time that they are
 * admitted.
 * @throws whatever the database throws
 */
export const readJournal =
  ({ db }: { db: Database }) =>
  async (queue: QueueDefinition, places: readonly Place[]): Promise<(Standing | undefined)[]> => {
    const queueId = queue.id;
    const numbers = places.map(({ number }) => number);
    const members = places.map(({ member }) => member);
    const [byNumber, latest, nowMs] = await Promise.all([
      entriesSeen(db, queueId, numbers),
      latestAdmissionOf(db, queueId, members),
      databaseNow(db),
    ]);
    const oldest = oldestNumber(queue, nowMs);

    const standings: (Standing | undefined)[] = [];
    for (const place of places) {
      const entry = byNumber.get(place.number);
      if (entry !== undefined && isOfAnother(entry, place.member)) standings.push({ state: 'OVER' });
      else if (entry !== undefined) standings.push(standingOf(entry, nowMs));
      else if (place.number < oldest || isVoid(queue, place.number)) standings.push({ state: 'OVER' });
      else if ((latest.get(place.member) ?? 0) > place.number) {
        await insertEnd(db, { queueId, ...place, ending: 'LEFT' });
        standings.push({ state: 'ENDED', ending: 'LEFT' });
      } else standings.push(undefined);
    }
    return standings;
  };

export type ReadJournal = ReturnType<typeof readJournal>;
