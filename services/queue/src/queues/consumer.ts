import { scheduleCreated } from '@onsale/contracts/reservation';
import { on } from '@onsale/shared/inbox';
import type { openScheduleQueue } from './open-schedule-queue.ts';

/** The door by which schedules get their queues. */
export const queueHandlers = ({ openScheduleQueue: open }: { openScheduleQueue: ReturnType<typeof openScheduleQueue> }) => [
  on(scheduleCreated, ({ data }, trx) => open(trx, data)),
];
