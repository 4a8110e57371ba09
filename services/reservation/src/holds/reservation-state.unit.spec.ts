import { ReservationStatus } from '@onsale/contracts/reservation';
import { describe, expect, it } from '@jest/globals';
import {
  decideConfirm,
  decideLock,
  decideRelease,
  decideUnlock,
  mayExpire,
  reservationAfter,
  visibleReservation,
  type ReservationMove,
  type ReservationState,
} from './reservation-state.ts';

const statuses = ReservationStatus.options;
const moves: ReservationMove[] = ['lock', 'unlock', 'confirm', 'release', 'expire'];
const state = (given: Partial<ReservationState>): ReservationState => ({
  status: 'HELD',
  sagaId: undefined,
  lapsed: false,
  pastExpiry: false,
  ...given,
});
const code = (value: string) => ({ do: 'refuse', code: value });

describe('reservationAfter', () => {
  it('allows these moves and no others', () => {
    const allowed = statuses.flatMap((status) =>
      moves.flatMap((move) => {
        try {
          return [`${status} -${move}-> ${reservationAfter(status, move)}`];
        } catch {
          return [];
        }
      }),
    );
    expect(allowed).toEqual([
      'HELD -lock-> PAYING',
      'HELD -release-> RELEASED',
      'HELD -expire-> EXPIRED',
      'PAYING -unlock-> HELD',
      'PAYING -confirm-> CONFIRMED',
      'PAYING -expire-> EXPIRED',
    ]);
  });

  it('names the state and the move that it refuses', () => {
    expect(() => reservationAfter('CONFIRMED', 'expire')).toThrow('CONFIRMED cannot expire');
  });
});

describe('visibleReservation', () => {
  it('shows a lapsed hold as EXPIRED, and everything else as it is', () => {
    expect(statuses.map((status) => visibleReservation({ status, lapsed: true }))).toEqual(['EXPIRED', ...statuses.slice(1)]);
    expect(statuses.map((status) => visibleReservation({ status, lapsed: false }))).toEqual(statuses);
  });
});

describe('mayExpire', () => {
  it('lets go of holds and payments whose time is over, and of nothing else', () => {
    expect(statuses.filter((status) => mayExpire({ status, lapsed: true }))).toEqual(['HELD', 'PAYING']);
    expect(statuses.filter((status) => mayExpire({ status, lapsed: false }))).toEqual([]);
  });
});

describe('decideLock', () => {
  it.each([
    [state({}), { do: 'lock' }],
    [state({ lapsed: true, pastExpiry: true }), { do: 'expire' }],
    [state({ status: 'PAYING', sagaId: 'mine' }), { do: 'nothing' }],
    [state({ status: 'PAYING', sagaId: 'other' }), code('PAYMENT_IN_PROGRESS')],
    [state({ status: 'PAYING', sagaId: 'other', lapsed: true, pastExpiry: true }), code('PAYMENT_IN_PROGRESS')],
    [state({ status: 'CONFIRMED', sagaId: 'mine' }), code('ALREADY_PAID')],
    [state({ status: 'EXPIRED' }), code('HOLD_EXPIRED')],
    [state({ status: 'RELEASED' }), code('HOLD_EXPIRED')],
    [state({ status: 'CANCELLED' }), code('HOLD_EXPIRED')],
  ])('%j -> %j', (given, decision) => {
    expect(decideLock(given, 'mine')).toEqual(decision);
  });
});

describe('decideUnlock', () => {
  it.each([
    [state({ status: 'PAYING', sagaId: 'mine' }), 'return'],
    [state({ status: 'PAYING', sagaId: 'mine', pastExpiry: true }), 'expire'],
    [state({ status: 'PAYING', sagaId: 'other' }), 'nothing'],
    [state({ status: 'HELD' }), 'nothing'],
    [state({ status: 'CONFIRMED', sagaId: 'mine' }), 'nothing'],
    [state({ status: 'EXPIRED', sagaId: 'mine' }), 'nothing'],
    [state({ status: 'RELEASED' }), 'nothing'],
    [state({ status: 'CANCELLED', sagaId: 'mine' }), 'nothing'],
  ])('%j -> %s', (given, decision) => {
    expect(decideUnlock(given, 'mine')).toBe(decision);
  });
});

describe('decideConfirm', () => {
  it.each([
    [state({ status: 'PAYING', sagaId: 'mine' }), { do: 'confirm' }],
    [state({ status: 'PAYING', sagaId: 'mine', lapsed: true, pastExpiry: true }), { do: 'confirm' }],
    [state({ status: 'PAYING', sagaId: 'other' }), code('HOLD_LOST')],
    [state({ status: 'CONFIRMED', sagaId: 'mine' }), { do: 'nothing' }],
    [state({ status: 'CONFIRMED', sagaId: 'other' }), code('HOLD_LOST')],
    [state({ status: 'HELD' }), code('HOLD_LOST')],
    [state({ status: 'EXPIRED', sagaId: 'mine' }), code('HOLD_LOST')],
    [state({ status: 'RELEASED' }), code('HOLD_LOST')],
    [state({ status: 'CANCELLED', sagaId: 'mine' }), code('HOLD_LOST')],
  ])('%j -> %j', (given, decision) => {
    expect(decideConfirm(given, 'mine')).toEqual(decision);
  });
});

describe('decideRelease', () => {
  it.each([
    [state({}), { do: 'release' }],
    [state({ lapsed: true, pastExpiry: true }), code('HOLD_EXPIRED')],
    [state({ status: 'PAYING', sagaId: 'any' }), code('PAYMENT_IN_PROGRESS')],
    [state({ status: 'CONFIRMED', sagaId: 'any' }), code('ALREADY_PAID')],
    [state({ status: 'RELEASED' }), { do: 'nothing' }],
    [state({ status: 'EXPIRED' }), code('HOLD_EXPIRED')],
    [state({ status: 'CANCELLED' }), code('HOLD_EXPIRED')],
  ])('%j -> %j', (given, decision) => {
    expect(decideRelease(given)).toEqual(decision);
  });
});
