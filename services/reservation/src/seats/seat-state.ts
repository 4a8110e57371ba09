import type { SeatStatus } from '@onsale/contracts/reservation';

interface SeatMove {
  readonly from: readonly SeatStatus[];
  readonly to: SeatStatus;
}

/**
 * The life of a seat, as the store's conditional updates carry it out. `hold` is open to everyone; the others are for the reservation that has the seat:
 * it keeps it longer, owns it, or gives it back, also when a sale is cancelled.
 */
export const seatMoves = {
  hold: { from: ['AVAILABLE'], to: 'HELD' },
  keep: { from: ['HELD'], to: 'HELD' },
  sell: { from: ['HELD'], to: 'SOLD' },
  free: { from: ['HELD', 'SOLD'], to: 'AVAILABLE' },
} as const satisfies Record<string, SeatMove>;

export interface SeatState {
  readonly status: SeatStatus;
  /** HELD, and its time is over by the database's clock. */
  readonly lapsed: boolean;
}

/** What everybody sees and may build on: a hold past its time is free at once, before anything has swept it. */
export const visibleStatus = ({ status, lapsed }: SeatState): SeatStatus => {
  switch (status) {
    case 'HELD':
      return lapsed ? 'AVAILABLE' : 'HELD';
    case 'AVAILABLE':
    case 'SOLD':
      return status;
  }
};

/**
 * The version of a set of seats: it has grown whenever anything that `visibleStatus` shows of them has changed. Each change of a row counts two, the lapse
 * of a hold, which changes no row, one: so no seat's share ever shrinks, and no change is hidden by another.
 */
export const versionOf = (seats: Iterable<{ readonly version: number; readonly lapsed: boolean }>): string => {
  let sum = 0;
  for (const { version, lapsed } of seats) sum += 2 * version + (lapsed ? 1 : 0);
  return String(sum);
};
