import { readSeats } from '@onsale/contracts/reservation';
import type { Database } from '@onsale/shared/db';
import { implement, ok, type Door } from '@onsale/shared/http';
import { assertAdmitted } from '../holds/admission.ts';
import { findSchedule } from '../schedules/find-schedule.ts';
import { seatMap } from './seat-view.ts';
import * as seats from './seat-store.ts';

/** The seat map, for those who are in. */
export const seatRoutes = ({ db }: { db: Database }): Door[] => [
  implement(readSeats, async ({ params, admission }) => {
    const schedule = await findSchedule(db, params.id);
    assertAdmitted(schedule, admission);
    const map = seatMap(schedule.id, await seats.readAll(db, schedule.id));
    return ok(map, { etag: map.version });
  }),
];
