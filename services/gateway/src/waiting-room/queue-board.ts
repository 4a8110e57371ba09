import type { Queue } from '@onsale/contracts/queue';
import { readQueue } from '@onsale/contracts/queue';
import { Refusal } from '@onsale/shared/errors';
import { LRUCache } from 'lru-cache';
import type { InternalCalls } from '../upstream/internal-calls.ts';
import type { Sale } from './view.ts';

/** As old as anybody may see the counters of a queue (`Cache-Control` of `readQueue`). */
const FRESH_MS = 1000;
/** More than are ever on sale at once. */
const MOST_QUEUES = 1000;
const DEADLINE_MS = 1000;

interface Kept {
  readonly since: number;
  readonly sale: Promise<Sale | undefined>;
}

interface BoardOptions {
  readonly queue: InternalCalls;
  /** Milliseconds that never go back. */
  readonly monotonic: () => number;
}

const saleOf = ({ state, message, opensAt }: Queue): Sale => ({
  state,
  ...(message !== undefined && { message }),
  ...(opensAt !== undefined && { opensAt }),
});

/**
 * What anybody is told of a queue, read once a second and process however many look: a queue that cannot be read is told as it was last seen, else as
 * `undefined`.
 * @throws Refusal NOT_FOUND
 */
export const createQueueBoard = ({ queue, monotonic }: BoardOptions) => {
  const kept = new LRUCache<string, Kept>({ max: MOST_QUEUES });

  const read = async (queueId: string, before: Promise<Sale | undefined>): Promise<Sale | undefined> => {
    try {
      return saleOf(
        (await queue.call(readQueue, { params: { queueId }, deadlineMs: DEADLINE_MS, principal: { kind: 'anonymous' } })) as Queue,
      );
    } catch (error) {
      if (error instanceof Refusal && error.code === 'NOT_FOUND') throw error;
      return before.catch(() => undefined);
    }
  };

  return (queueId: string): Promise<Sale | undefined> => {
    const now = monotonic();
    const known = kept.get(queueId);
    if (known !== undefined && now - known.since < FRESH_MS) return known.sale;
    const sale = read(queueId, known?.sale ?? Promise.resolve(undefined));
    sale.catch(() => undefined); // told to whoever waits for it
    kept.set(queueId, { since: now, sale });
    return sale;
  };
};

export type QueueBoard = ReturnType<typeof createQueueBoard>;
