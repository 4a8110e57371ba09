import type { Seat, SeatMap } from '@onsale/contracts/reservation';
import { versionOf, visibleStatus } from './seat-state.ts';
import type { SeatRow } from './seat-store.ts';

/** A seat as the contract shows it. */
export const seatView = (seat: SeatRow): Seat => ({
  id: String(seat.id),
  section: seat.section,
  grade: seat.grade,
  row: seat.row,
  number: seat.number,
  price: seat.price,
  status: visibleStatus(seat),
});

/** A schedule's map as it stands. Its version is made of the same rows, so the two cannot disagree. */
export const seatMap = (scheduleId: string, seats: readonly SeatRow[]): SeatMap => ({
  scheduleId,
  version: versionOf(seats),
  seats: seats.map(seatView),
});
