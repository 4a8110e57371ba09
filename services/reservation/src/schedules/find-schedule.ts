import type { Queryable } from '@onsale/shared/db';
import { notFound } from '@onsale/shared/errors';
import * as schedules from './schedule-store.ts';
import type { ScheduleRow } from './schedule-store.ts';

/** @throws Refusal NOT_FOUND */
export const findSchedule = async (db: Queryable, id: string): Promise<ScheduleRow> => {
  const schedule = await schedules.find(db, id);
  if (schedule === undefined) throw notFound('schedule');
  return schedule;
};
