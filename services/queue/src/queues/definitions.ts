import type { Database } from '@onsale/shared/db';
import { within } from '@onsale/shared/deadline';
import type { Log } from '@onsale/shared/log';
import { findQueue } from './queue-store.ts';
import type { QueueDefinition } from './queue.ts';

/** An operator's change holds on every replica within a second, also where its notice was lost. */
const FRESH_MS = 500;
/** A read that takes longer counts as failed where the last definition is known: what hangs must not hold up checks (`lookAtPlaces`). */
const READ_MS = 200;
/** Ids of no queue are kept too, or each request for one would be a query. */
const KEPT = 10_000;

interface Kept {
  queue: QueueDefinition | undefined;
  readAt: number;
  reading: Promise<void> | undefined;
  /** The last read failed: nobody waits for the next one. */
  failing: boolean;
}

/**
 * The queues' definitions as every request needs them: read again when older than half a second, one read at a time. While the database is
 * away, or hangs, the last ones known go on.
 */
export const createDefinitions = ({ db, log }: { db: Database; log: Log }) => {
  const kept = new Map<string, Kept>();

  const goOn = (id: string, entry: Kept, error: unknown): void => {
    if (!entry.failing) log.warn({ err: error, queueId: id }, 'going on with the last definition known');
    entry.failing = true;
  };

  const read = async (id: string, entry: Kept): Promise<void> => {
    try {
      entry.queue = await findQueue(db, id);
      entry.readAt = performance.now();
      entry.failing = false;
    } catch (error) {
      if (entry.queue === undefined) throw error;
      goOn(id, entry, error);
    } finally {
      entry.reading = undefined;
    }
  };

  const entryOf = (id: string): Kept => {
    const entry = kept.get(id) ?? { queue: undefined, readAt: -Infinity, reading: undefined, failing: false };
    kept.delete(id);
    kept.set(id, entry); // so that the first key is the one that was not asked for the longest
    if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
    return entry;
  };

  return {
    /** `undefined`: there is no such queue. @throws the database's error when it is away and the queue was not known before */
    get: async (id: string): Promise<QueueDefinition | undefined> => {
      const entry = entryOf(id);
      if (performance.now() - entry.readAt < FRESH_MS) return entry.queue;
      entry.reading ??= read(id, entry);
      if (entry.queue === undefined) await entry.reading;
      else if (!entry.failing) await within(READ_MS, entry.reading).catch((error: unknown) => goOn(id, entry, error));
      return entry.queue;
    },
    /** Somebody has changed it: the next `get` reads it, whatever read is under way. */
    forget: (id: string): void => {
      const entry = kept.get(id);
      if (entry !== undefined) kept.set(id, { ...entry, readAt: -Infinity, reading: undefined });
    },
  };
};

export type Definitions = ReturnType<typeof createDefinitions>;
