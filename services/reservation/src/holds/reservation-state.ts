import type { Code } from '@onsale/contracts';
import type { ReservationStatus } from '@onsale/contracts/reservation';

export type ReservationMove = 'lock' | 'unlock' | 'confirm' | 'release' | 'expire';

/** The life of a reservation. CONFIRMED ends by a refund's cancellation, which moves nothing here yet. */
const moves: Readonly<Record<ReservationStatus, Partial<Record<ReservationMove, ReservationStatus>>>> = {
  HELD: { lock: 'PAYING', release: 'RELEASED', expire: 'EXPIRED' },
  PAYING: { unlock: 'HELD', confirm: 'CONFIRMED', expire: 'EXPIRED' },
  CONFIRMED: {},
  EXPIRED: {},
  RELEASED: {},
  CANCELLED: {},
};

/** The state that a move leads to. @throws Error for a move that the state does not allow: whoever asks has not decided by the rules below */
export const reservationAfter = (status: ReservationStatus, move: ReservationMove): ReservationStatus => {
  const next = moves[status][move];
  if (next === undefined) throw new Error(`a reservation that is ${status} cannot ${move}`);
  return next;
};

/** A reservation as a decision about it needs it, read under its lock with the database's time. */
export interface ReservationState {
  readonly status: ReservationStatus;
  /** The payment that has it, or had it last. */
  readonly sagaId: string | undefined;
  /** The seats are no longer kept: the expiry has passed, and while PAYING the grace too. */
  readonly lapsed: boolean;
  /** What the member was told has passed, whatever grace there is. */
  readonly pastExpiry: boolean;
}

export type Decision<D extends string> = { readonly do: D } | { readonly do: 'refuse'; readonly code: Code };
const refuse = (code: Code) => ({ do: 'refuse', code }) as const;

/** What a member sees: a hold past its time is over, though nothing has swept it yet. A payment under way may still come through. */
export const visibleReservation = ({ status, lapsed }: Pick<ReservationState, 'status' | 'lapsed'>): ReservationStatus =>
  status === 'HELD' && lapsed ? 'EXPIRED' : status;

/** Whether the seats may go to somebody else. */
export const mayExpire = ({ status, lapsed }: Pick<ReservationState, 'status' | 'lapsed'>): boolean => {
  switch (status) {
    case 'HELD':
    case 'PAYING':
      return lapsed;
    case 'CONFIRMED':
    case 'EXPIRED':
    case 'RELEASED':
    case 'CANCELLED':
      return false;
  }
};

/** A payment asks for the reservation. One that has ended otherwise than by a sale can only be told that there is no hold any more. */
export const decideLock = ({ status, sagaId, lapsed }: ReservationState, saga: string): Decision<'lock' | 'nothing' | 'expire'> => {
  switch (status) {
    case 'HELD':
      return { do: lapsed ? 'expire' : 'lock' };
    case 'PAYING':
      return sagaId === saga ? { do: 'nothing' } : refuse('PAYMENT_IN_PROGRESS');
    case 'CONFIRMED':
      return refuse('ALREADY_PAID');
    case 'EXPIRED':
    case 'RELEASED':
    case 'CANCELLED':
      return refuse('HOLD_EXPIRED');
  }
};

/** A payment gives the reservation back. It touches only what carries its own id. */
export const decideUnlock = ({ status, sagaId, pastExpiry }: ReservationState, saga: string): 'return' | 'expire' | 'nothing' => {
  switch (status) {
    case 'PAYING':
      if (sagaId !== saga) return 'nothing';
      return pastExpiry ? 'expire' : 'return';
    case 'HELD':
    case 'CONFIRMED':
    case 'EXPIRED':
    case 'RELEASED':
    case 'CANCELLED':
      return 'nothing';
  }
};

/**
 * A payment is through. Past its grace, a reservation is still confirmed as long as it is PAYING: whoever takes one of its seats, and the sweeper,
 * make it EXPIRED in the same transaction.
 */
export const decideConfirm = ({ status, sagaId }: ReservationState, saga: string): Decision<'confirm' | 'nothing'> => {
  switch (status) {
    case 'PAYING':
      return sagaId === saga ? { do: 'confirm' } : refuse('HOLD_LOST');
    case 'CONFIRMED':
      return sagaId === saga ? { do: 'nothing' } : refuse('HOLD_LOST');
    case 'HELD':
    case 'EXPIRED':
    case 'RELEASED':
    case 'CANCELLED':
      return refuse('HOLD_LOST');
  }
};

/** The member gives the seats back; asking twice is no fault. */
export const decideRelease = ({ status, lapsed }: ReservationState): Decision<'release' | 'nothing'> => {
  switch (status) {
    case 'HELD':
      return lapsed ? refuse('HOLD_EXPIRED') : { do: 'release' };
    case 'PAYING':
      return refuse('PAYMENT_IN_PROGRESS');
    case 'CONFIRMED':
      return refuse('ALREADY_PAID');
    case 'RELEASED':
      return { do: 'nothing' };
    case 'EXPIRED':
    case 'CANCELLED':
      return refuse('HOLD_EXPIRED');
  }
};
