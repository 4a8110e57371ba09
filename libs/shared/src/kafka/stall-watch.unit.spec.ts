import { describe, expect, it } from '@jest/globals';
import { createStallWatch, type Sample } from './stall-watch.ts';

const waiting: Omit<Sample, 'atMs'> = { handled: 5, lag: 3, resting: false };

/** One look each 30 s; `missed` is one that failed. */
const verdicts = (...samples: (Partial<Sample> | 'missed')[]): boolean[] => {
  const watch = createStallWatch({ limitMs: 60_000, gapMs: 65_000 });
  return samples.map((sample, index) => {
    if (sample !== 'missed') return watch.sees({ ...waiting, atMs: index * 30_000, ...sample });
    watch.missed();
    return false;
  });
};

describe('the watch over lost consumers', () => {
  it('finds a consumer lost that handles nothing for the whole limit while messages wait', () => {
    expect(verdicts({}, {}, {}, {})).toEqual([false, false, false, true]);
  });

  it('lets a consumer be that moves, has nothing to do, or rests on purpose', () => {
    expect(verdicts({}, {}, { handled: 6 }, { handled: 6 }, { handled: 6 })).not.toContain(true);
    expect(verdicts({}, {}, { lag: 0 }, {}, {})).not.toContain(true);
    expect(verdicts({}, {}, { resting: true }, {}, {})).not.toContain(true);
  });

  it('holds no time against a consumer in which it could not look', () => {
    expect(verdicts({}, {}, 'missed', 'missed', {}, {})).not.toContain(true);
    expect(verdicts({}, {}, 'missed', {}, {}, {}, {})).toEqual([false, false, false, false, false, false, true]);
  });

  it('holds no time against a consumer in which nobody looked', () => {
    const later = { atMs: 600_000 };
    expect(verdicts({}, {}, later)).not.toContain(true);
    expect(verdicts({}, {}, later, { atMs: 630_000 }, { atMs: 660_000 }, { atMs: 690_000 })).toEqual([
      false,
      false,
      false,
      false,
      false,
      true,
    ]);
  });
});
