import type { Trx } from '@onsale/shared/db';
import { done } from '@onsale/shared/inbox';
import * as seats from '../seats/seat-store.ts';
import type { ExpireReservations } from './expire-reservations.ts';
import { decideUnlock, reservationAfter } from './reservation-state.ts';
import * as reservations from './reservation-store.ts';

/**
 * PAYING of this saga -> HELD until its old expiry, so that the member can try again; or EXPIRED, with its seats free, when that has passed or a seat
 * is gone. Anything else is left as it is: an undo touches only what carries its own saga.
 */
export const unlockAfterPayment =
  ({ expireReservations }: { expireReservations: ExpireReservations }) =>
  async (trx: Trx, { saga, reservationId }: { saga: string; reservationId: string }) => {
    const [reservation] = await reservations.lock(trx, [reservationId]);
    const decision = reservation === undefined ? 'nothing' : decideUnlock(reservation, saga);
    if (reservation === undefined || decision === 'nothing') return done();
    if (decision === 'expire') {
      await expireReservations(trx, [reservation]);
      return done();
    }
    const heldUntil = reservation.expiresAt;
    const kept = await seats.keep(trx, reservation, reservationId, heldUntil);
    if (kept < reservation.seatIds.length) await expireReservations(trx, [reservation]);
    else
      await reservations.change(trx, [reservationId], { status: reservationAfter(reservation.status, 'unlock'), heldUntil, sagaId: null });
    return done();
  };
