import { describe, expect, it } from '@jest/globals';
import { admits, placesOf, steered } from './sale-state.ts';

describe('steering a sale', () => {
  it.each([
    ['OPEN', 'pause', 'PAUSED'],
    ['OPEN', 'resume', 'OPEN'],
    ['OPEN', 'close', 'CLOSED'],
    ['PAUSED', 'pause', 'PAUSED'],
    ['PAUSED', 'resume', 'OPEN'],
    ['PAUSED', 'close', 'CLOSED'],
    ['CLOSED', 'close', 'CLOSED'],
    ['CLOSED', 'pause', undefined],
    ['CLOSED', 'resume', undefined],
  ] as const)('from %s, %s leads to %s', (state, action, after) => {
    expect(steered(state, action)).toBe(after);
  });

  it('lets nobody in but while it is open, and gives no number once it is closed', () => {
    const told = (['OPEN', 'PAUSED', 'CLOSED'] as const).map((state) => [admits({ state }), placesOf({ state, capacity: 5 })]);
    expect(told).toEqual([
      [true, 5],
      [false, 5],
      [false, 0],
    ]);
    expect(placesOf({ state: 'CLOSED', capacity: undefined })).toBe(0);
  });
});
