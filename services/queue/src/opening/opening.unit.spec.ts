import { describe, expect, it } from '@jest/globals';
import { drawBy } from './draw.ts';
import { oldestNumber, openingNumber } from './opening.ts';

const epoch = Date.parse('2030-01-01T00:00:00.000Z');
const HOUR = 3_600_000;
const opening = { opensAt: new Date(epoch + 10 * HOUR), opened: false, listed: false, draw: drawBy(Buffer.alloc(32)) };
const micros = (ms: number) => ms * 1000;

describe('the number of the opening', () => {
  it('is that of whoever comes in its very moment', () => {
    expect(openingNumber({ epoch, opening })).toBe(micros(10 * HOUR));
  });

  it('is below everybody where there is no opening, or where it was before the queue', () => {
    expect(openingNumber({ epoch, opening: undefined })).toBe(0);
    expect(openingNumber({ epoch, opening: { ...opening, opensAt: new Date(epoch - HOUR) } })).toBe(0);
  });
});

describe('the oldest number that lives', () => {
  const queue = { epoch, tokenLifeSeconds: 3600 };

  it('is that of a token life ago', () => {
    expect(oldestNumber({ ...queue, opening: undefined }, epoch + 3 * HOUR)).toBe(micros(2 * HOUR));
  });

  it('spares the draw for a life from the opening on, however early they came', () => {
    const at = (ms: number) => oldestNumber({ ...queue, opening }, epoch + ms);
    expect(at(9 * HOUR)).toBe(0);
    expect(at(11 * HOUR)).toBe(0);
    expect(at(11 * HOUR + 1)).toBe(micros(10 * HOUR + 1));
    expect(at(12 * HOUR)).toBe(micros(11 * HOUR));
  });
});
