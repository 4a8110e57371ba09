import { inTransaction, type Database, type Trx } from '@onsale/shared/db';
import type { Metrics } from '@onsale/shared/metrics';
import { endsCounter } from '../journal/ends-counter.ts';
import { expire, lockDue } from '../journal/journal-store.ts';

/** Ends of one transaction, and transactions of one call: the rest waits for the next tick. */
const BATCH = 1000;
const ROUNDS = 10;

/**
 * Ends the admissions of all queues whose window is over by the database's time, and answers with the queues that have slots free by it. A window is
 * never moved, so whoever comes first may write its end.
 */
export const endExpired = ({ db, metrics }: { db: Database; metrics: Metrics }) => {
  const ends = endsCounter(metrics);

  const endBatch = async (trx: Trx): Promise<{ queueId: string; number: number }[]> => {
    const due = await lockDue(trx, BATCH);
    for (const [queueId, ofQueue] of Map.groupBy(due, (row) => row.queueId)) {
      const numbers = ofQueue.map(({ number }) => number);
      await expire(trx, queueId, numbers);
    }
    return due;
  };

  return async (): Promise<Set<string>> => {
    const freed = new Set<string>();
    for (let round = 0; round < ROUNDS; round += 1) {
      const due = await inTransaction(db, endBatch);
      ends.inc({ ending: 'EXPIRED' }, due.length);
      for (const { queueId } of due) freed.add(queueId);
      if (due.length < BATCH) break;
    }
    return freed;
  };
};

export type EndExpired = ReturnType<typeof endExpired>;
