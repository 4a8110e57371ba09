import type { Log } from '@onsale/shared/log';
import type { Line } from './line.ts';

/** A queue that was marked so recently need not be marked again; far below the time that a mark stays on an empty queue. */
const MARKED_MS = 1000;
/** Queues of which the time of their mark is kept. */
const KEPT = 10_000;

/** Marks queues with somebody waiting, so that every replica's ticks look at them. A mark that is lost is set again with the next look of a waiter. */
export const createBusyMarks = ({ line, log }: { line: Pick<Line, 'markBusy'>; log: Log }) => {
  const marked = new Map<string, number>();
  return (queueId: string): void => {
    const nowMs = Date.now();
    if (nowMs - (marked.get(queueId) ?? 0) < MARKED_MS) return;
    if (marked.size >= KEPT) marked.clear();
    marked.set(queueId, nowMs);
    line.markBusy(queueId, nowMs).catch((error: unknown) => {
      marked.delete(queueId);
      log.debug({ err: error, queueId }, 'a busy queue was not marked');
    });
  };
};

export type MarkBusy = ReturnType<typeof createBusyMarks>;
