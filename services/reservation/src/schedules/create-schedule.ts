import { scheduleCreated, type Schedule } from '@onsale/contracts/reservation';
import { insertAudit } from '@onsale/shared/audit';
import type { Member } from '@onsale/shared/auth';
import type { Database } from '@onsale/shared/db';
import { Refusal } from '@onsale/shared/errors';
import type { Once } from '@onsale/shared/idempotency';
import type { Clock, NewId } from '@onsale/shared/ids';
import { eventOf, type Outbox } from '@onsale/shared/outbox';
import { findConcert } from '../concerts/find-concert.ts';
import * as seats from '../seats/seat-store.ts';
import { scheduleView } from './read-schedules.ts';
import * as schedules from './schedule-store.ts';
import type { ScheduleRow } from './schedule-store.ts';
import { batches, countSeats, seatPlan, type Section } from './seat-plan.ts';

interface Deps {
  readonly db: Database;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly newId: NewId;
}

interface NewSchedule {
  readonly member: Member;
  readonly concertId: string;
  readonly startsAt: string;
  readonly durationMinutes?: number | undefined;
  readonly salesOpenAt: string;
  readonly queueId?: string | undefined;
  readonly sections: readonly Section[];
  readonly once: Once;
}

/** Two hours, the length of most concerts, where the operator does not say. */
const USUAL_MINUTES = 120;

/** Rows of one INSERT: large enough that 100,000 seats take a few seconds, small enough that a batch blocks the event loop for milliseconds. */
const SEATS_A_BATCH = 1000;

const assertWindow = ({ startsAt, salesOpenAt }: Pick<NewSchedule, 'startsAt' | 'salesOpenAt'>): void => {
  if (new Date(salesOpenAt) < new Date(startsAt)) return;
  throw new Refusal('VALIDATION_FAILED', 'The sale has to open before the concert begins.', {
    errors: [{ pointer: '/body/salesOpenAt', detail: 'must be before startsAt' }],
  });
};

const createdEvent = (schedule: ScheduleRow, ownQueue: boolean) =>
  eventOf(scheduleCreated, {
    subject: schedule.id,
    sequence: 1,
    data: {
      scheduleId: schedule.id,
      concertId: schedule.concertId,
      queueId: schedule.queueId,
      ownQueue,
      seats: schedule.total,
      startsAt: schedule.startsAt.toISOString(),
      salesOpenAt: schedule.salesOpenAt.toISOString(),
    },
  });

/**
 * An operator puts a date of a concert on sale: the schedule, all its seats, the audit and the event that makes its line, together and once for each key.
 * A schedule that names no queue gets one of its own, with the schedule's id.
 * @throws Refusal NOT_FOUND for the concert; VALIDATION_FAILED when the sale would open after the start
 */
export const createSchedule =
  ({ db, outbox, clock, newId }: Deps) =>
  async ({ once, ...asked }: NewSchedule): Promise<Schedule> => {
    assertWindow(asked);
    await findConcert(db, asked.concertId);
    const id = newId();
    const schedule = {
      id,
      concertId: asked.concertId,
      startsAt: new Date(asked.startsAt),
      durationMinutes: asked.durationMinutes ?? USUAL_MINUTES,
      salesOpenAt: new Date(asked.salesOpenAt),
      queueId: asked.queueId ?? id,
      total: countSeats(asked.sections),
      createdAt: clock.now(),
    };
    return once.transaction(db, async (trx) => {
      await schedules.insert(trx, schedule);
      for (const batch of batches(seatPlan(asked.sections), SEATS_A_BATCH)) await seats.insert(trx, id, batch);
      const { member, ...after } = { ...asked, queueId: schedule.queueId };
      await insertAudit(trx, { actor: member.id, action: 'schedule.create', subject: id, after });
      await outbox.add(trx, createdEvent(schedule, asked.queueId === undefined));
      return scheduleView(schedule, schedule.total);
    });
  };
