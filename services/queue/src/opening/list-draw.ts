import { during, type CrashPoints } from '@onsale/shared/crash';
import { inTransaction, type Database } from '@onsale/shared/db';
import type { RestoreLine } from '../admission/restore-line.ts';
import type { Line } from '../line/line.ts';
import { watchRest } from '../queues/rest-store.ts';
import { findOpened, insertEntries, lockOpened, moveCursor, type Due } from './draw-store.ts';
import { nextEntries } from './next-entries.ts';

/** Entries of one transaction: a statement of some 10 ms, under the lock of the row. */
const BATCH = 1000;
/** Batches of one call: the rest waits for the next turn, so that the other openings of this replica do not. */
const ROUNDS = 25;

interface Deps {
  readonly db: Database;
  readonly line: Line;
  readonly restoreLine: RestoreLine;
  readonly crash?: CrashPoints | undefined;
}

/**
 * Writes the entries of a queue's draw down, from Redis, after the draw is over. True when all of them are. A batch is read without the lock of the
 * queue's row and written under it, if nobody has written one since: so replicas take turns, a death costs one batch, and the lock is never held for long.
 * In these batches nobody can come in below the cursor: nobody gets a number of the draw any more, nobody is parked before the first admission, and a line that
 * has lost writes begins a new life, in which the list begins anew, once it has rested.
 * @throws whatever an engine throws; the next tick goes on
 */
export const listDraw = ({ db, line, restoreLine, crash }: Deps) => {
  const writeBatch = (read: Due, batch: ReturnType<typeof nextEntries>): Promise<boolean> =>
    inTransaction(db, async (trx) => {
      const { queueId } = read;
      const due = await lockOpened(trx, queueId);
      if (due === undefined || due.generation !== read.generation || due.cursor !== read.cursor) return false;
      const { places, cursor, complete } = batch;
      const added = await insertEntries(trx, { queueId, places, returned: false });
      await moveCursor(trx, { queueId, cursor: Math.max(cursor, due.cursor), added, complete });
      return true;
    });

  return async (queueId: string): Promise<boolean> => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const due = await findOpened(db, queueId);
      if (due === undefined) return true;
      const queue = { id: queueId, generation: due.generation };
      const whole = (await line.peek(queue)) !== undefined;
      if (whole && due.resting && !(await watchRest(db, queue))) return false;
      const lanes = whole ? await line.drawn(queue, { from: due.cursor, limit: BATCH }) : undefined;
      if (lanes === undefined) {
        await restoreLine(queueId, due.generation);
        return false;
      }
      const batch = nextEntries(lanes, BATCH);
      const written = await during(crash, 'draw', () => writeBatch(due, batch));
      if (!written) return false; // another replica does it
      if (batch.complete) return true;
    }
    return false;
  };
};

export type ListDraw = ReturnType<typeof listDraw>;
