import type { Reservation } from '@onsale/contracts/reservation';
import type { SeatRow } from '../seats/seat-store.ts';
import { seatView } from '../seats/seat-view.ts';
import { visibleReservation, type ReservationState } from './reservation-state.ts';
import type { ReservationFacts } from './reservation-store.ts';

/** A reservation as the contract shows it, its seats as they stand now. */
export const reservationView = (
  reservation: ReservationFacts & Pick<ReservationState, 'status' | 'lapsed'>,
  seats: readonly SeatRow[],
): Reservation => ({
  id: reservation.id,
  scheduleId: reservation.scheduleId,
  queueId: reservation.queueId,
  createdAt: reservation.createdAt.toISOString(),
  status: visibleReservation(reservation),
  amount: reservation.amount,
  expiresAt: reservation.expiresAt.toISOString(),
  seats: seats.map(seatView),
});

/** What events tell of a reservation. */
export const factOf = ({
  id,
  scheduleId,
  memberId,
  amount,
  seatIds,
}: Pick<ReservationFacts, 'id' | 'scheduleId' | 'memberId' | 'amount'> & { readonly seatIds: readonly number[] }) => ({
  reservationId: id,
  scheduleId,
  memberId,
  seatIds: seatIds.map(String),
  amount,
});
