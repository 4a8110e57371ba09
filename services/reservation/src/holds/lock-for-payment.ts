import type { Trx } from '@onsale/shared/db';
import { done, refused } from '@onsale/shared/inbox';
import * as seats from '../seats/seat-store.ts';
import type { ExpireReservations } from './expire-reservations.ts';
import type { HoldPolicy } from './policy.ts';
import { decideLock, reservationAfter } from './reservation-state.ts';
import * as reservations from './reservation-store.ts';

interface Deps {
  readonly policy: HoldPolicy;
  readonly expireReservations: ExpireReservations;
}

interface LockForPayment {
  readonly saga: string;
  readonly reservationId: string;
  readonly memberId: string;
}

/**
 * HELD -> PAYING for one saga, if it is the member's and its time is not over; its seats are then kept for the payment's grace beyond the old expiry.
 * Answers what is to be paid, and the place in line that is spent with it. A hold that is over, or has lost a seat, is ended here, and refused.
 */
export const lockForPayment =
  ({ policy, expireReservations }: Deps) =>
  async (trx: Trx, { saga, reservationId, memberId }: LockForPayment) => {
    const [reservation] = await reservations.lock(trx, [reservationId]);
    if (reservation === undefined || reservation.memberId !== memberId) return refused('NOT_FOUND');
    const expired = async () => {
      await expireReservations(trx, [reservation]);
      return refused('HOLD_EXPIRED');
    };

    const decision = decideLock(reservation, saga);
    switch (decision.do) {
      case 'refuse':
        return refused(decision.code);
      case 'expire':
        return expired();
      case 'lock': {
        const heldUntil = new Date(reservation.expiresAt.getTime() + policy.graceMs);
        const kept = await seats.keep(trx, reservation, reservationId, heldUntil);
        if (kept < reservation.seatIds.length) return expired();
        await reservations.change(trx, [reservationId], { status: reservationAfter(reservation.status, 'lock'), heldUntil, sagaId: saga });
        break;
      }
      case 'nothing':
    }
    return done({ amount: reservation.amount, queueId: reservation.queueId, number: reservation.queueNumber });
  };
