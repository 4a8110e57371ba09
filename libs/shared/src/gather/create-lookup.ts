import { createGather } from './create-gather.ts';

/** Rows by id are read in a millisecond or two: what comes meanwhile makes the next read larger. */
const LIMITS = { maxBatch: 200, maxInFlight: 4, maxWaiting: 5000, waitMs: 3000 };

/**
 * Reads one by its id; those who ask in one turn of the event loop, or while reads are under way, share a read. Many sagas end in one transaction, and then
 * all who waited for them read at once.
 * @throws Refusal OVERLOADED when too many wait; whatever `find` throws
 */
export const createLookup = <T>(
  find: (ids: readonly string[]) => Promise<ReadonlyMap<string, T>>,
): ((id: string) => Promise<T | undefined>) =>
  createGather<string, T | undefined>({
    ...LIMITS,
    monotonic: () => performance.now(),
    ask: async (ids) => {
      const found = await find([...new Set(ids)]);
      return ids.map((id) => found.get(id));
    },
  });
