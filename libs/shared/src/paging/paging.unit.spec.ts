import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { decodeCursor, encodeCursor, pageOf } from './index.ts';

const keyOf = (n: number) => n;
const view = (n: number) => `#${n}`;

describe('pageOf', () => {
  it('names the last row that it shows when there are more, and nothing when there are not', () => {
    expect(pageOf([1, 2, 3], { limit: 2, keyOf, view })).toEqual({ items: ['#1', '#2'], nextCursor: encodeCursor(2) });
    expect(pageOf([1, 2], { limit: 2, keyOf, view })).toEqual({ items: ['#1', '#2'] });
    expect(pageOf([], { limit: 2, keyOf, view })).toEqual({ items: [] });
  });
});

describe('decodeCursor', () => {
  it('reads its own cursors', () => {
    expect(decodeCursor(z.tuple([z.string(), z.int()]), encodeCursor(['a', 1]))).toEqual(['a', 1]);
    expect(decodeCursor(z.int(), undefined)).toBeUndefined();
  });

  it.each(['nonsense', '', encodeCursor('of another list'), encodeCursor(null)])('refuses %j', (cursor) => {
    expect(() => decodeCursor(z.int(), cursor)).toThrow(/VALIDATION_FAILED/);
  });
});
