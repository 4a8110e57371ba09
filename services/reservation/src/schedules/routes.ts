import * as contract from '@onsale/contracts/reservation';
import { created, implement, ok, type Door } from '@onsale/shared/http';
import type { createSchedule } from './create-schedule.ts';
import type { listDates, listSchedules, readSchedule } from './read-schedules.ts';

interface Schedules {
  readonly listDates: ReturnType<typeof listDates>;
  readonly listSchedules: ReturnType<typeof listSchedules>;
  readonly readSchedule: ReturnType<typeof readSchedule>;
  readonly createSchedule: ReturnType<typeof createSchedule>;
}

export const scheduleRoutes = ({ listDates, listSchedules, readSchedule, createSchedule }: Schedules): Door[] => [
  implement(contract.listDates, async ({ params, query }) => ok(await listDates({ concertId: params.id, ...query }))),
  implement(contract.listSchedules, async ({ params, query }) => ok(await listSchedules({ concertId: params.id, ...query }))),
  implement(contract.readSchedule, async ({ params }) => ok(await readSchedule(params.id))),
  implement(
    contract.createSchedule,
    ({ member, params, body, once }) => createSchedule({ member, concertId: params.id, ...body, once }),
    (schedule) => created(schedule, { location: `/api/v1/schedules/${schedule.id}` }),
  ),
];
