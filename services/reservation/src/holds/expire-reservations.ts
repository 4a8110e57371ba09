import { reservationExpired } from '@onsale/contracts/reservation';
import type { Trx } from '@onsale/shared/db';
import { eventOf, type Outbox } from '@onsale/shared/outbox';
import * as seats from '../seats/seat-store.ts';
import { reservationAfter } from './reservation-state.ts';
import * as reservations from './reservation-store.ts';
import type { LockedReservation } from './reservation-store.ts';
import { factOf } from './reservation-view.ts';

/**
 * Ends reservations, HELD or PAYING, whose rows this transaction has locked: EXPIRED, whatever seats they still have AVAILABLE, and told. All of a
 * reservation at once, so that none is ever left with some of its seats.
 */
export const expireReservations =
  ({ outbox }: { outbox: Outbox }) =>
  async (trx: Trx, ended: readonly LockedReservation[]): Promise<void> => {
    if (ended.length === 0) return;
    for (const { status } of ended) reservationAfter(status, 'expire');
    await reservations.change(
      trx,
      ended.map(({ id }) => id),
      { status: 'EXPIRED' },
    );
    for (const [scheduleId, those] of Map.groupBy(ended, (reservation) => reservation.scheduleId)) {
      const seatIds = those.flatMap((reservation) => reservation.seatIds);
      await seats.free(
        trx,
        { scheduleId, seatIds },
        those.map(({ id }) => id),
      );
    }
    const told = ended.map((reservation) =>
      eventOf(reservationExpired, { subject: reservation.id, sequence: reservation.version + 1, data: factOf(reservation) }),
    );
    await outbox.add(trx, ...told);
  };

export type ExpireReservations = ReturnType<typeof expireReservations>;
