import { reservationConfirmed } from '@onsale/contracts/reservation';
import { isDuplicate, type Trx } from '@onsale/shared/db';
import { done, refused } from '@onsale/shared/inbox';
import type { Log } from '@onsale/shared/log';
import { eventOf, type Outbox } from '@onsale/shared/outbox';
import * as seats from '../seats/seat-store.ts';
import type { ExpireReservations } from './expire-reservations.ts';
import { decideConfirm, reservationAfter } from './reservation-state.ts';
import * as reservations from './reservation-store.ts';
import type { LockedReservation } from './reservation-store.ts';
import { factOf } from './reservation-view.ts';

interface Deps {
  readonly outbox: Outbox;
  readonly expireReservations: ExpireReservations;
  readonly log: Log;
}

/**
 * Every seat SOLD, each sale recorded. False when a seat is no longer the reservation's or, though the seat says it is, has been sold to another: the key
 * of `seat_sales` is the last guard, and nothing but a fault of ours gets there. A seat that has a sale belongs to that sale's reservation then.
 */
const sellAll = async (trx: Trx, reservation: LockedReservation, log: Log): Promise<boolean> => {
  const { id, scheduleId, seatIds } = reservation;
  if ((await seats.sell(trx, reservation, id)) < seatIds.length) return false;
  try {
    await seats.insertSales(trx, reservation, id);
    return true;
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    log.error({ err: error, reservationId: id, scheduleId, seatIds }, 'a seat of a reservation has been sold to another one');
    await seats.yieldSold(trx, reservation, id);
    return false;
  }
};

/**
 * The pivot of the purchase: PAYING of this saga -> CONFIRMED, every seat SOLD. With a seat gone, what is left is freed and the sale refused with
 * HOLD_LOST, as it is for a reservation that is not this saga's to confirm.
 */
export const confirmSale =
  ({ outbox, expireReservations, log }: Deps) =>
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
        if (!(await sellAll(trx, reservation, log))) {
          await expireReservations(trx, [reservation]); // frees what was just marked, too, as far as it belongs to this reservation still
          return refused('HOLD_LOST');
        }
        await reservations.change(trx, [reservationId], { status: reservationAfter(reservation.status, 'confirm') });
        const told = { subject: reservationId, sequence: reservation.version + 1, data: factOf(reservation) };
        await outbox.add(trx, eventOf(reservationConfirmed, told));
        return done();
      }
    }
  };
