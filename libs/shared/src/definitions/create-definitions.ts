import { within } from '../deadline/index.ts';
import type { Log } from '../log/index.ts';

/** An operator's change holds on every replica within a second, also where nobody was told of it. */
const FRESH_MS = 500;
/** A read that takes longer counts as failed where the last definition is known: a database that hangs must not hold up what needs none. */
const READ_MS = 200;
/** Ids of nothing are kept too, or each request for one would be a query. */
const KEPT = 10_000;

interface Kept<T> {
  definition: T | undefined;
  readAt: number;
  reading: Promise<void> | undefined;
  /** The last read failed: nobody waits for the next one. */
  failing: boolean;
}

export interface DefinitionsOptions<T> {
  /** From the database; `undefined` where there is no such thing. */
  readonly read: (id: string) => Promise<T | undefined>;
  readonly log: Log;
}

/**
 * What operators define, as every request needs it: read again when older than half a second, one read at a time. While the database is away, or
 * hangs, the last definitions known go on.
 */
export const createDefinitions = <T>({ read: readOne, log }: DefinitionsOptions<T>) => {
  const kept = new Map<string, Kept<T>>();

  const goOn = (id: string, entry: Kept<T>, error: unknown): void => {
    if (!entry.failing) log.warn({ err: error, id }, 'going on with the last definition known');
    entry.failing = true;
  };

  const read = async (id: string, entry: Kept<T>): Promise<void> => {
    try {
      entry.definition = await readOne(id);
      entry.readAt = performance.now();
      entry.failing = false;
    } catch (error) {
      if (entry.definition === undefined) throw error;
      goOn(id, entry, error);
    } finally {
      entry.reading = undefined;
    }
  };

  const entryOf = (id: string): Kept<T> => {
    const entry = kept.get(id) ?? { definition: undefined, readAt: -Infinity, reading: undefined, failing: false };
    kept.delete(id);
    kept.set(id, entry); // so that the first key is the one that was not asked for the longest
    if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
    return entry;
  };

  return {
    /** `undefined`: there is no such thing. @throws what `read` throws, when the definition was not known before */
    get: async (id: string): Promise<T | undefined> => {
      const entry = entryOf(id);
      if (performance.now() - entry.readAt < FRESH_MS) return entry.definition;
      entry.reading ??= read(id, entry);
      if (entry.definition === undefined) await entry.reading;
      else if (!entry.failing) await within(READ_MS, entry.reading).catch((error: unknown) => goOn(id, entry, error));
      return entry.definition;
    },
    /** Somebody has changed it: the next `get` reads it, whatever read is under way. */
    forget: (id: string): void => {
      const entry = kept.get(id);
      if (entry !== undefined) kept.set(id, { ...entry, readAt: -Infinity, reading: undefined });
    },
  };
};

export type Definitions<T> = ReturnType<typeof createDefinitions<T>>;
