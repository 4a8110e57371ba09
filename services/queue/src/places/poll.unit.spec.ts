import { describe, expect, it } from '@jest/globals';
import { etaSeconds, longestPollMs, pollAfterMs, pollBeforeOpeningMs } from './poll.ts';

const queue = { cap: 100, windowSeconds: 600, admitPerSecond: undefined, maxPollSeconds: 30, abandonAfterSeconds: 120 };

describe('etaSeconds', () => {
  it('is reckoned from the measured rate', () => {
    expect(etaSeconds(queue, { rate: 5, share: 1 }, 1000)).toBe(200);
  });

  it('is not above what cap and window make sure of', () => {
    expect(etaSeconds(queue, { rate: 0, share: 1 }, 10)).toBe(60);
    expect(etaSeconds(queue, { rate: 0.001, share: 1 }, 10)).toBe(60);
  });

  it('is, in a lane, not above what its share of that makes sure of', () => {
    expect(etaSeconds(queue, { rate: 0, share: 0.25 }, 10)).toBe(240);
    expect(etaSeconds(queue, { rate: 5, share: 0.25 }, 10)).toBe(2);
  });

  it('is bounded by the operator’s rate', () => {
    expect(etaSeconds({ ...queue, admitPerSecond: 2 }, { rate: 50, share: 1 }, 10)).toBe(5);
    expect(etaSeconds({ ...queue, cap: undefined, admitPerSecond: 4 }, { rate: 0, share: 1 }, 10)).toBe(3);
  });

  it('is nothing where everybody is admitted, and unknown where nobody is', () => {
    expect(etaSeconds({ ...queue, cap: undefined }, { rate: 0, share: 1 }, 10)).toBe(0);
    expect(etaSeconds({ ...queue, cap: 0 }, { rate: 0, share: 1 }, 10)).toBeUndefined();
  });
});

describe('pollAfterMs', () => {
  it.each([
    ['every second near the head', 5, 1000],
    ['ten times on the way', 200, 20_000],
    ['at the longest far behind', 86_400, 30_000],
    ['at the longest when nothing moves', undefined, 30_000],
  ])('asks %s', (_, eta, ms) => {
    expect(pollAfterMs(queue, eta, 0)).toBe(ms);
    expect(pollAfterMs(queue, eta, 0.999)).toBeLessThan(ms * 1.3);
  });

  it('never tells a rest that would make the waiter look gone', () => {
    expect(longestPollMs({ maxPollSeconds: 30, abandonAfterSeconds: 10 })).toBe(6500);
    expect(pollAfterMs({ maxPollSeconds: 30, abandonAfterSeconds: 1 }, undefined, 0.999)).toBeLessThan(1000);
  });

  it('never tells more than the longest rest, for which a lost line waits', () => {
    for (const random of [0, 0.5, 0.999_999]) expect(pollAfterMs(queue, undefined, random)).toBeLessThanOrEqual(longestPollMs(queue));
  });
});

describe('pollBeforeOpeningMs', () => {
  const told = (untilMs: number, waiting: number | undefined, random: number) => pollBeforeOpeningMs(queue, { untilMs, waiting, random });

  it('is as long as it may be while the opening is far', () => {
    expect(told(3_600_000, 10, 0)).toBe(30_000);
    expect(told(3_600_000, 1_000_000, 1)).toBe(39_000);
  });

  it('ends within a second of the opening for few, and never before it', () => {
    expect(told(20_000, 1000, 0)).toBe(20_000);
    expect(told(20_000, 1000, 0.999)).toBe(20_999);
  });

  it('spreads many over as long as they take to be answered', () => {
    expect(told(20_000, 50_000, 0)).toBe(20_000);
    expect(told(20_000, 50_000, 0.5)).toBe(25_000);
  });

  it('leaves a million where they ask by themselves: spread over the whole rest', () => {
    expect(told(20_000, 1_000_000, 0)).toBe(30_000);
    expect(told(20_000, 1_000_000, 1)).toBe(39_000);
    expect(told(20_000, undefined, 0)).toBe(30_000);
    expect(told(2_000, 1_000_000, 0.5)).toBe(17_000);
  });

  it('is never longer than anybody is told to rest, nor shorter than a second', () => {
    for (const untilMs of [-5_000, 0, 500, 8_000, 38_000, 38_500, 40_000, 60_000])
      for (const waiting of [0, 1000, 100_000, 1_000_000, undefined])
        for (const random of [0, 0.5, 0.999]) {
          expect(told(untilMs, waiting, random)).toBeLessThanOrEqual(longestPollMs(queue));
          expect(told(untilMs, waiting, random)).toBeGreaterThanOrEqual(1000);
        }
  });
});
