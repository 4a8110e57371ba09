import { z } from 'zod';
import { command, event } from '../message.ts';
import { DenseId, Id, Points, QueueId, QueueNumber, Timestamp } from '../shapes.ts';

/** Told with the schedule's creation; `ownQueue` asks the queue service for a line of its own under `queueId`. A queue that is named is opened where it is missing. */
export const scheduleCreated = event({
  owner: 'reservation',
  type: 'onsale.reservation.schedule-created.v1',
  data: z.object({
    scheduleId: Id,
    concertId: Id,
    queueId: QueueId,
    ownQueue: z.boolean(),
    seats: z.int(),
    startsAt: Timestamp,
    salesOpenAt: Timestamp,
  }),
});

const ReservationFact = z.object({ reservationId: Id, scheduleId: Id, memberId: Id, seatIds: z.array(DenseId), amount: Points });

export const reservationHeld = event({
  owner: 'reservation',
  type: 'onsale.reservation.held.v1',
  data: ReservationFact.extend({ expiresAt: Timestamp }),
});
export const reservationConfirmed = event({ owner: 'reservation', type: 'onsale.reservation.confirmed.v1', data: ReservationFact });
export const reservationReleased = event({ owner: 'reservation', type: 'onsale.reservation.released.v1', data: ReservationFact });
export const reservationExpired = event({ owner: 'reservation', type: 'onsale.reservation.expired.v1', data: ReservationFact });

/** HELD -> PAYING for one saga; the answer is what the payment needs. */
export const lockReservation = command({
  owner: 'reservation',
  type: 'onsale.reservation.lock.v1',
  data: z.object({ reservationId: Id, memberId: Id }),
  reply: z.object({ amount: Points, queueId: QueueId, number: QueueNumber }),
  refusals: ['NOT_FOUND', 'HOLD_EXPIRED', 'ALREADY_PAID', 'PAYMENT_IN_PROGRESS'],
});

/** PAYING of this saga -> HELD until its old expiry, or EXPIRED. Anything else is left as it is. */
export const unlockReservation = command({
  owner: 'reservation',
  type: 'onsale.reservation.unlock.v1',
  data: z.object({ reservationId: Id, memberId: Id }),
  reply: z.object({}),
  refusals: [],
});

/** The pivot: PAYING of this saga -> CONFIRMED, its seats SOLD. */
export const confirmReservation = command({
  owner: 'reservation',
  type: 'onsale.reservation.confirm.v1',
  data: z.object({ reservationId: Id }),
  reply: z.object({}),
  refusals: ['HOLD_LOST'],
});

/** Whether a member has no seats held, and none under payment. It changes nothing: a hold that comes after it ends by itself. */
export const askNoHolds = command({
  owner: 'reservation',
  type: 'onsale.reservation.ask-no-holds.v1',
  data: z.object({ memberId: Id }),
  reply: z.object({}),
  refusals: ['ACCOUNT_IN_USE'],
});
