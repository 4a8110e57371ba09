import { describe, expect, it } from '@jest/globals';
import { discountOf } from './discount.ts';

describe('what a coupon takes off', () => {
  it.each([
    ['a tenth', { type: 'PERCENT', value: 10 }, 2000, 200],
    ['a tenth, rounded down', { type: 'PERCENT', value: 10 }, 1999, 199],
    ['a percent of next to nothing', { type: 'PERCENT', value: 1 }, 99, 0],
    ['a half, but no more than its most', { type: 'PERCENT', value: 50, max: 3000 }, 100_000, 3000],
    ['a half that is below its most', { type: 'PERCENT', value: 50, max: 3000 }, 5000, 2500],
    ['all of it', { type: 'PERCENT', value: 100 }, 1234, 1234],
    ['99 percent of all the points there can be', { type: 'PERCENT', value: 99 }, Number.MAX_SAFE_INTEGER, 8_917_127_262_193_581],
    ['an amount', { type: 'AMOUNT', value: 500 }, 2000, 500],
    ['an amount above the subtotal', { type: 'AMOUNT', value: 5000 }, 2000, 2000],
    ['something off nothing', { type: 'AMOUNT', value: 5000 }, 0, 0],
  ] as const)('%s', (_what, discount, subtotal, off) => {
    expect(discountOf(discount, subtotal)).toBe(off);
  });

  it.each([-1, 0.5, Number.NaN, Number.MAX_SAFE_INTEGER + 1])('is of no subtotal %p', (subtotal) => {
    expect(() => discountOf({ type: 'AMOUNT', value: 1 }, subtotal)).toThrow(RangeError);
  });
});
