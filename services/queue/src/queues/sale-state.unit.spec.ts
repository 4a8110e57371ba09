import { describe, expect, it } from '@jest/globals';
import { drawBy } from '../opening/draw.ts';
import { admits, placesOf, saleState, steered } from './sale-state.ts';

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

const opening = { opensAt: new Date(0), opened: false, listed: false, draw: drawBy(Buffer.alloc(32)) };

describe('the state of a sale with an opening', () => {
  it('is PREQUEUE until the opening was written, whatever the time, and admits only once the draw is written down', () => {
    expect(saleState({ state: 'OPEN', opening })).toBe('PREQUEUE');
    expect(saleState({ state: 'PAUSED', opening })).toBe('PREQUEUE');
    expect(admits({ state: 'OPEN', opening })).toBe(false);
    const opened = { ...opening, opened: true };
    expect(saleState({ state: 'OPEN', opening: opened })).toBe('OPEN');
    expect(admits({ state: 'OPEN', opening: opened })).toBe(false);
    expect(admits({ state: 'OPEN', opening: { ...opened, listed: true } })).toBe(true);
  });

  it('admits nobody while paused or closed; closed is closed before the opening, too', () => {
    const listed = { ...opening, opened: true, listed: true };
    expect(saleState({ state: 'PAUSED', opening: listed })).toBe('PAUSED');
    expect(admits({ state: 'PAUSED', opening: listed })).toBe(false);
    expect(saleState({ state: 'CLOSED', opening })).toBe('CLOSED');
    expect(admits({ state: 'CLOSED', opening: listed })).toBe(false);
  });
});
