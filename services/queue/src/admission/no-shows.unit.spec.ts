import { describe, expect, it } from '@jest/globals';
import { noShowAfterMs } from './no-shows.ts';

describe('how long an owner may take to come', () => {
  it.each([
    ['for ever when nothing is said', undefined, 39_000, undefined],
    ['as long as the operator says', 120, 39_000, 120_000],
    ['at least the longest rest that a waiter was ever told, and 5 s', 10, 39_000, 44_000],
  ])('is %s', (_, noShowAfterSeconds, longestPollMs, after) => {
    expect(noShowAfterMs({ noShowAfterSeconds, longestPollMs })).toBe(after);
  });
});
