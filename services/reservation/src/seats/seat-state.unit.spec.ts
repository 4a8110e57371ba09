import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { seatMoves, versionOf, visibleStatus } from './seat-state.ts';

describe('seatMoves', () => {
  it('lets everyone hold what is free, and nobody sell what is not held', () => {
    const told = Object.entries(seatMoves).flatMap(([name, { from, to }]) => from.map((status) => `${status} -${name}-> ${to}`));
    expect(told).toEqual([
      'AVAILABLE -hold-> HELD',
      'HELD -keep-> HELD',
      'HELD -sell-> SOLD',
      'HELD -free-> AVAILABLE',
      'SOLD -free-> AVAILABLE',
    ]);
  });
});

describe('visibleStatus', () => {
  it('shows a lapsed hold as free', () => {
    expect(visibleStatus({ status: 'HELD', lapsed: true })).toBe('AVAILABLE');
    expect(visibleStatus({ status: 'HELD', lapsed: false })).toBe('HELD');
  });
});

describe('versionOf', () => {
  it('grows with every change of a row and with every lapse, whatever else happens at once', () => {
    const event = fc.tuple(fc.nat(4), fc.constantFrom('change' as const, 'lapse' as const));
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 30 }), (events) => {
        let seats = Array.from({ length: 5 }, () => ({ version: 0, lapsed: false }));
        for (const [at, what] of events) {
          const before = BigInt(versionOf(seats));
          const seat = seats[at]!;
          if (what === 'lapse' && seat.lapsed) continue;
          seats = seats.with(at, what === 'change' ? { version: seat.version + 1, lapsed: false } : { ...seat, lapsed: true });
          expect(BigInt(versionOf(seats))).toBeGreaterThan(before);
        }
      }),
    );
  });
});
