import type { z } from 'zod';
import type { scheduleCreated } from '@onsale/contracts/reservation';
import { afterCommit, type Trx } from '@onsale/shared/db';
import type { OpenQueue } from './open-queue.ts';

interface Deps {
  readonly openQueue: OpenQueue;
  readonly announce: (queueId: string) => void;
  /** Of a schedule's seats: who comes after so many could not get one anyway. 1.1 by default. */
  readonly capacityPerSeat: number;
}

/** Opens the queue that a new schedule asks for, in the caller's transaction. One that is there already stays as it is. */
export const openScheduleQueue =
  ({ openQueue, announce, capacityPerSeat }: Deps) =>
  async (trx: Trx, schedule: z.output<typeof scheduleCreated.data>): Promise<void> => {
    if (!schedule.ownQueue) return;
    const capacity = Math.max(1, Math.ceil(Number((schedule.seats * capacityPerSeat).toFixed(3)))); // 10 seats are 11, not 11.000000000000002
    const opened = await openQueue(trx, { id: schedule.queueId, patch: { capacity }, actor: 'system' });
    if (opened !== undefined) afterCommit(trx, () => announce(schedule.queueId));
  };
