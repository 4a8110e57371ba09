import type { z } from 'zod';
import type { scheduleCreated } from '@onsale/contracts/reservation';
import { afterCommit, type Trx } from '@onsale/shared/db';
import type { Log } from '@onsale/shared/log';
import type { OpenQueue } from './open-queue.ts';

interface Deps {
  readonly openQueue: OpenQueue;
  readonly announce: (queueId: string) => void;
  /** Of a schedule's seats: who comes after so many could not get one anyway. 1.1 by default. */
  readonly capacityPerSeat: number;
  readonly log: Log;
}

/**
 * Sees to it that a new schedule has its queue, in the caller's transaction. One that is there already stays as it is. One that the schedule names and
 * that is missing is opened with the defaults, since nobody could buy without it; an operator is warned, and may change it.
 */
export const openScheduleQueue =
  ({ openQueue, announce, capacityPerSeat, log }: Deps) =>
  async (trx: Trx, schedule: z.output<typeof scheduleCreated.data>): Promise<void> => {
    const { scheduleId, queueId, ownQueue, seats } = schedule;
    const capacity = Math.max(1, Math.ceil(Number((seats * capacityPerSeat).toFixed(3)))); // 10 seats are 11, not 11.000000000000002
    const opened = await openQueue(trx, { id: queueId, patch: ownQueue ? { capacity } : {}, actor: 'system' });
    if (opened === undefined) return;
    afterCommit(trx, () => {
      announce(queueId);
      if (!ownQueue) log.warn({ queueId, scheduleId }, 'a schedule names a queue that was not there: opened with the defaults');
    });
  };
