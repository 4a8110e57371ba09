import type { Database } from '@onsale/shared/db';
import type { Log } from '@onsale/shared/log';
import { latestAdmissionOf } from '../journal/journal-store.ts';
import type { MarkBusy } from '../line/busy-marks.ts';
import type { Line } from '../line/line.ts';
import type { QueueDefinition } from '../queues/queue.ts';
import { placesOf } from '../queues/sale-state.ts';
import type { Look } from './look-at-places.ts';
import { STANDARD_LANE, type Place } from './place.ts';

interface Deps {
  readonly look: Look;
  readonly db: Database;
  readonly line: Line;
  readonly markBusy: MarkBusy;
  readonly wake: (queueId: string) => void;
  readonly log: Log;
}

/**
 * What happens when a member shows its place: it is looked at, and where an expired one is to be queued again (`onExpiry: requeue`) the member has a
 * new number from that moment. It is one of the standard lane: a grant is for one place. The member gets the token for it when it asks for one. A place that is not the member's last does nothing, so a
 * forgotten page does not queue for ever.
 */
export const showPlace = ({ look, db, line, markBusy, wake, log }: Deps): Look => {
  const requeue = async (queue: QueueDefinition, { number, member }: Place): Promise<void> => {
    const latest = await latestAdmissionOf(db, queue.id, [member]);
    if (latest.get(member) !== number) return;
    await line.enqueue({ ...queue, capacity: placesOf(queue) }, member, STANDARD_LANE);
    markBusy(queue.id);
    wake(queue.id);
  };

  return async (queue, place) => {
    const looked = await look(queue, place);
    const { standing } = looked;
    if (queue.onExpiry === 'requeue' && standing.state === 'ENDED' && standing.ending === 'EXPIRED') {
      await requeue(queue, place).catch((error: unknown) => log.debug({ err: error, queueId: queue.id }, 'not queued again yet'));
    }
    return looked;
  };
};
