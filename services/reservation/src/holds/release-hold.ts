import { reservationReleased } from '@onsale/contracts/reservation';
import { inTransaction, type Database } from '@onsale/shared/db';
import { notFound, Refusal } from '@onsale/shared/errors';
import { eventOf, type Outbox } from '@onsale/shared/outbox';
import * as seats from '../seats/seat-store.ts';
import { decideRelease, reservationAfter } from './reservation-state.ts';
import * as reservations from './reservation-store.ts';
import { factOf } from './reservation-view.ts';

const reasons = {
  HOLD_EXPIRED: 'The hold has ended; the seats are no longer yours to give back.',
  PAYMENT_IN_PROGRESS: 'A payment for this reservation is under way.',
  ALREADY_PAID: 'The reservation is paid.',
} as const;

/**
 * Gives a member's held seats back. Asked again, it changes nothing.
 * @throws Refusal NOT_FOUND for unknown and foreign ones; PAYMENT_IN_PROGRESS; ALREADY_PAID; HOLD_EXPIRED
 */
export const releaseHold =
  ({ db, outbox }: { db: Database; outbox: Outbox }) =>
  ({ memberId, reservationId }: { memberId: string; reservationId: string }): Promise<void> =>
    inTransaction(db, async (trx) => {
      const [reservation] = await reservations.lock(trx, [reservationId]);
      if (reservation === undefined || reservation.memberId !== memberId) throw notFound('reservation');
      const decision = decideRelease(reservation);
      switch (decision.do) {
        case 'refuse':
          throw new Refusal(decision.code, reasons[decision.code as keyof typeof reasons]);
        case 'nothing':
          return;
        case 'release':
          await reservations.change(trx, [reservationId], { status: reservationAfter(reservation.status, 'release') });
          await seats.free(trx, reservation, [reservationId]);
          await outbox.add(
            trx,
            eventOf(reservationReleased, { subject: reservationId, sequence: reservation.version + 1, data: factOf(reservation) }),
          );
      }
    });
