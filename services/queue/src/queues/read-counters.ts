import type { Counters } from '../line/line-views.ts';
import type { Line } from '../line/line.ts';

/** The contract lets caches keep counters for a second, so this process does too: a million pages cost two look-ups a second. */
const FRESH_MS = 1000;
/** Queues whose counters are kept. */
const KEPT = 10_000;

/** How many wait and are admitted, of many queues in their order, at most a second old. @throws whatever Redis throws */
export const readCounters = ({ line }: { line: Pick<Line, 'counters'> }) => {
  const kept = new Map<string, { readonly at: number; readonly counters: Promise<Counters> }>();

  const countersOf = (queueId: string): Promise<Counters> => {
    const known = kept.get(queueId);
    if (known !== undefined && performance.now() - known.at < FRESH_MS) return known.counters;
    const counters = line.counters(queueId);
    if (kept.size >= KEPT) kept.clear();
    kept.set(queueId, { at: performance.now(), counters });
    counters.catch(() => kept.delete(queueId));
    return counters;
  };

  return (queueIds: readonly string[]): Promise<Counters[]> => Promise.all(queueIds.map(countersOf));
};

export type ReadCounters = ReturnType<typeof readCounters>;
