import type { Code } from '@onsale/contracts';
import { spendToken } from '@onsale/contracts/queue';
import { confirmReservation, lockReservation, unlockReservation } from '@onsale/contracts/reservation';
import { newId } from '@onsale/shared/ids';
import { done, on, onUndo, refused } from '@onsale/shared/inbox';

/** A held reservation as the test wants it to behave. */
export interface HeldReservation {
  readonly id: string;
  readonly memberId: string;
  readonly amount: number;
  /** How lock and confirm are refused, where they are. */
  readonly lockRefusal?: Code;
  readonly confirmRefusal?: Code;
}

interface Reservation extends HeldReservation {
  status: 'HELD' | 'PAYING' | 'CONFIRMED';
  saga?: string;
}

const QUEUE_ID = 'tonight';

export type Step = 'lock' | 'unlock' | 'confirm' | 'spend';

/** Reservation and queue as the purchase sees them: their rules about one reservation, without seats. */
export const playedServices = () => {
  const reservations = new Map<string, Reservation>();
  const asked: { step: Step; saga: string }[] = [];

  const gates = new Map<Step, Promise<void>>();
  /** Where a test stalls the step, no answer comes until it goes on. */
  const arrives = async (step: Step, saga: string): Promise<void> => {
    await gates.get(step);
    asked.push({ step, saga });
  };

  const own = (reservationId: string, saga: string): Reservation | undefined => {
    const reservation = reservations.get(reservationId);
    return reservation?.status === 'PAYING' && reservation.saga === saga ? reservation : undefined;
  };

  const reservationHandlers = [
    on(lockReservation, async ({ saga, data }) => {
      await arrives('lock', saga);
      const reservation = reservations.get(data.reservationId);
      if (reservation === undefined || reservation.memberId !== data.memberId) return refused('NOT_FOUND');
      if (reservation.lockRefusal !== undefined) return refused(reservation.lockRefusal);
      if (reservation.status === 'CONFIRMED') return refused('ALREADY_PAID');
      if (reservation.status === 'PAYING' && reservation.saga !== saga) return refused('PAYMENT_IN_PROGRESS');
      reservation.status = 'PAYING';
      reservation.saga = saga;
      return done({ amount: reservation.amount, queueId: QUEUE_ID, number: [...reservations.keys()].indexOf(reservation.id) + 1 });
    }),
    onUndo(lockReservation, unlockReservation, async ({ saga, data }) => {
      await arrives('unlock', saga);
      const reservation = own(data.reservationId, saga);
      if (reservation !== undefined) reservation.status = 'HELD';
      return done();
    }),
    on(confirmReservation, async ({ saga, data }) => {
      await arrives('confirm', saga);
      const reservation = own(data.reservationId, saga);
      if (reservation === undefined || reservation.confirmRefusal !== undefined) return refused('HOLD_LOST');
      reservation.status = 'CONFIRMED';
      return done();
    }),
  ];
  const queueHandlers = [
    on(spendToken, async ({ saga }) => {
      await arrives('spend', saga);
      return done();
    }),
  ];

  return {
    reservationHandlers,
    queueHandlers,
    /** Puts a reservation there, HELD by the member. */
    holds: (given: Omit<HeldReservation, 'id'>): HeldReservation => {
      const reservation = { ...given, id: newId() };
      reservations.set(reservation.id, { ...reservation, status: 'HELD' });
      return reservation;
    },
    statusOf: (reservationId: string) => reservations.get(reservationId)?.status,
    /** The steps that a payment has asked for, in their order. */
    stepsOf: (paymentId: string): Step[] => asked.filter(({ saga }) => saga === paymentId).map(({ step }) => step),
    /** Holds back every such step from now on, until what it answers is called. */
    stalls: (step: Step): (() => void) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      gates.set(step, promise);
      return () => {
        gates.delete(step);
        resolve();
      };
    },
  };
};
