import { reservationConfirmed } from '@onsale/contracts/reservation';
import type { Trx } from '@onsale/shared/db';
import { done, refused } from '@onsale/shared/inbox';
import { eventOf, type Outbox } from '@onsale/shared/outbox';
import * as seats from '../seats/seat-store.ts';
import type { ExpireReservations } from './expire-reservations.ts';
import { decideConfirm, reservationAfter } from './reservation-state.ts';
import * as reservations from './reservation-store.ts';
import { factOf } from './reservation-view.ts';

interface Deps {
  readonly outbox: Outbox;
  readonly expireReservations: ExpireReservations;
}

/**
 * The pivot of the purchase: PAYING of this saga -> CONFIRMED, every seat SOLD. With a seat gone, what is left is freed and the sale refused with
 * HOLD_LOST, as it is for a reservation that is not this saga's to confirm.
 */
export const confirmSale =
  ({ outbox, expireReservations }: Deps) =>
  async (trx: Trx, { saga, reservationId }: { saga: string; reservationId: string }) => {
    const [reservation] = await reservations.lock(trx, [reservationId]);
    if (reservation === undefined) return refused('HOLD_LOST');
    const decision = decideConfirm(reservation, saga);
    switch (decision.do) {
      case 'refuse':
        return refused(decision.code);
      case 'nothing':
        return done();
      case 'confirm': {
        const sold = await seats.sell(trx, reservation, reservationId);
        if (sold < reservation.seatIds.length) {
          await expireReservations(trx, [reservation]); // frees what was just marked, too: it belongs to this reservation still
          return refused('HOLD_LOST');
        }
        await seats.insertSales(trx, reservation, reservationId);
        await reservations.change(trx, [reservationId], { status: reservationAfter(reservation.status, 'confirm') });
        const told = { subject: reservationId, sequence: reservation.version + 1, data: factOf(reservation) };
        await outbox.add(trx, eventOf(reservationConfirmed, told));
        return done();
      }
    }
  };
