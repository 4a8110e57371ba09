import { inTransaction, type Database, type Queryable } from '@onsale/shared/db';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import { decisionOf } from '../journal/decision.ts';
import { databaseNow, endedAbove, highestNumber, liveAfter, type JournalEntry } from '../journal/journal-store.ts';
import type { Line } from '../line/line.ts';
import { oldestNumber, openingNumber } from '../opening/opening.ts';
import { beginGeneration, lockAdmission, type AdmissionState } from '../queues/admission-store.ts';
import { REST_MARGIN_MS } from '../queues/rest-store.ts';

/** Rows read and told at a time. */
const BATCH = 1000;

interface Deps {
  readonly db: Database;
  readonly line: Line;
  readonly announce: (queueId: string) => void;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What `read` answers with after one row and the next, from `first` on. */
async function* batchesOf<T>(
  first: T,
  after: (last: JournalEntry) => T,
  read: (after: T) => Promise<JournalEntry[]>,
): AsyncGenerator<JournalEntry[]> {
  for (let from = first; ;) {
    const batch = await read(from);
    if (batch.length > 0) yield batch;
    if (batch.length < BATCH) return;
    from = after(batch.at(-1)!);
  }
}

const liveOf = (db: Queryable, queueId: string) =>
  batchesOf(
    '',
    ({ member }) => member,
    (after) => liveAfter(db, { queueId, after, limit: BATCH }),
  );

/** Whoever waits by a number of which no token can be alive is dropped from the line, ended or not: so those of weeks ago need not be told. */
const endedOf = (db: Queryable, queueId: string, oldest: number) =>
  batchesOf(
    oldest - 1,
    ({ number }) => number,
    (above) => endedAbove(db, { queueId, above, limit: BATCH }),
  );

/**
 * Begins a new life of a queue's line, after Redis was emptied, restarted or failed over: its numbers go on above all that were given out, those
 * admitted are in it again, those who have ended are not, and nobody is admitted for as long as a waiter may take to come back. The waiting come back
 * by their tokens. A line whose epoch an operator has ended begins anew in the same way, emptied first. Once for each loss: `generation` is the life that was found lost. False when another replica does it.
 *
 * The calls to Redis stand inside the transaction, as nowhere else, because the lock of the row is what keeps two replicas from restoring at once,
 * and it must fall with the process that holds it. The marker comes last: without it nobody gets a number, and nobody is admitted.
 * @throws whatever Redis throws; the next tick begins anew
 */
export const restoreLine = ({ db, line, announce, log, metrics }: Deps) => {
  const restorations = metrics.counter({
    name: 'onsale_queue_restorations_total',
    help: 'Lines put together again after Redis lost writes',
  });
  const underWay = new Map<string, Promise<boolean>>();

  const tellAgain = async (db: Queryable, queue: AdmissionState, left: number): Promise<void> => {
    // who of them had come is lost, so none of them is watched for a no-show
    const seen = (entry: JournalEntry) => ({ ...decisionOf(entry), seen: true });
    for await (const batch of liveOf(db, queue.id)) await line.apply(queue.id, batch.map(seen));
    if (left === 0) return; // nobody is in line who might have ended
    const oldest = oldestNumber(queue, await databaseNow(db));
    for await (const batch of endedOf(db, queue.id, oldest)) await line.apply(queue.id, batch.map(decisionOf));
  };

  const restore = async (queueId: string, lost: number): Promise<boolean> => {
    const restored = await inTransaction(db, async (trx) => {
      const queue = await lockAdmission(trx, queueId);
      if (queue === undefined) return undefined;
      if (queue.generation !== lost) return queue;
      const generation = queue.generation + 1;
      const over = queue.opening?.opened === true ? openingNumber(queue) : 0; // a draw that is over stays so
      const floor = Math.max(queue.lastNumber, await highestNumber(trx, queueId), over);
      const { newcomers } = await line.endEpoch(queue);
      const { lastNumber, left } = await line.reset(queue, { generation, floor });
      await tellAgain(trx, queue, left);
      const nobody = queue.generation === queue.freshGeneration && !newcomers; // who could come back
      const restMs = nobody ? 0 : queue.longestPollMs + REST_MARGIN_MS;
      await beginGeneration(trx, { id: queueId, generation, lastNumber, restMs });
      await line.mark(queueId, generation);
      return { ...queue, generation };
    });
    if (restored === undefined) return false;
    announce(queueId);
    if (lost > 0 && lost !== restored.freshGeneration && restored.generation === lost + 1) {
      restorations.inc();
      log.warn({ queueId, generation: restored.generation }, 'Redis had lost writes: the line begins anew');
    }
    return true;
  };

  return (queueId: string, lost: number): Promise<boolean> => {
    const flight = underWay.get(queueId) ?? restore(queueId, lost).finally(() => underWay.delete(queueId));
    underWay.set(queueId, flight);
    return flight;
  };
};

export type RestoreLine = ReturnType<typeof restoreLine>;
