import { Id } from '@onsale/contracts';
import type { Reservation } from '@onsale/contracts/reservation';
import type { Database } from '@onsale/shared/db';
import { notFound } from '@onsale/shared/errors';
import { decodeCursor, pageOf } from '@onsale/shared/paging';
import * as seats from '../seats/seat-store.ts';
import * as reservations from './reservation-store.ts';
import { reservationView } from './reservation-view.ts';

/** One reservation of a member, as it stands. @throws Refusal NOT_FOUND for unknown and foreign ones alike */
export const readReservation =
  ({ db }: { db: Database }) =>
  async ({ memberId, reservationId }: { memberId: string; reservationId: string }): Promise<Reservation> => {
    const reservation = await reservations.find(db, reservationId);
    if (reservation === undefined || reservation.memberId !== memberId) throw notFound('reservation');
    return reservationView(reservation, (await seats.readOfReservations(db, [reservationId])).get(reservationId) ?? []);
  };

/** A member's reservations, newest first; the seats of a page are read by one query. */
export const listReservations =
  ({ db }: { db: Database }) =>
  async ({ memberId, limit, cursor }: { memberId: string; limit: number; cursor?: string | undefined }) => {
    const rows = await reservations.listOfMember(db, { memberId, limit, before: decodeCursor(Id, cursor) });
    const seatsOf = await seats.readOfReservations(
      db,
      rows.slice(0, limit).map(({ id }) => id),
    );
    return pageOf(rows, { limit, keyOf: ({ id }) => id, view: (row) => reservationView(row, seatsOf.get(row.id) ?? []) });
  };
