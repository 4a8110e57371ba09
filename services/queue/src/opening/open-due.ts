import type { Database } from '@onsale/shared/db';
import type { Log } from '@onsale/shared/log';
import type { RestoreLine } from '../admission/restore-line.ts';
import { sideBySide } from '../admission/side-by-side.ts';
import type { Line } from '../line/line.ts';
import { findQueue } from '../queues/queue-store.ts';
import { findDue, markOpened, type Due } from './draw-store.ts';
import type { ListDraw } from './list-draw.ts';

/** Queues of one turn: the rest waits for the next. */
const MOST = 100;

interface Deps {
  readonly db: Database;
  readonly line: Line;
  readonly restoreLine: RestoreLine;
  readonly listDraw: ListDraw;
  /** Tells every replica that the queue's definition changed. */
  readonly announce: (queueId: string) => void;
  readonly log: Log;
}

/**
 * Opens the queues whose time has come by the database's clock, and writes their draws down; any replica, any number of them, and what one leaves undone the
 * next finds. Answers with the queues that admit from now on.
 *
 * Redis is told first that the draw is over, so that nobody gets into it who may know the seed, even if its clock is behind; then it is written that the
 * queue has opened, if the line has not been lost in between. A line that is lost from here on gets numbers behind the draw by `restoreLine`. With Redis
 * away the opening waits: nobody could be told a number anyway.
 * @throws what the first queue to fail threw, after the others were tried
 */
export const openDue = ({ db, line, restoreLine, listDraw, announce, log }: Deps) => {
  const open = async ({ queueId, generation }: Due): Promise<boolean> => {
    const queue = await findQueue(db, queueId);
    if (queue === undefined || queue.generation !== generation) return false;
    if (generation > 0 && !(await line.closeDraw(queue))) {
      await restoreLine(queueId, generation);
      return false;
    }
    if (!(await markOpened(db, { queueId, generation }))) return false;
    announce(queueId);
    log.info({ queueId }, 'the queue has opened');
    return true;
  };

  const advance = async (due: Due): Promise<boolean> => {
    if (!due.opened && !(await open(due))) return false;
    if (!(await listDraw(due.queueId))) return false;
    announce(due.queueId);
    return true;
  };

  return async (): Promise<Set<string>> => {
    const admitting = new Set<string>();
    const failures: unknown[] = [];
    await sideBySide(await findDue(db, MOST), async (due) => {
      try {
        if (await advance(due)) admitting.add(due.queueId);
      } catch (error) {
        failures.push(error);
      }
    });
    if (failures.length > 0) throw failures[0];
    return admitting;
  };
};

export type OpenDue = ReturnType<typeof openDue>;
