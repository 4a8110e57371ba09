import { describe, expect, it } from '@jest/globals';
import { createStallWatch, type Sample } from './stall-watch.ts';

const waiting: Omit<Sample, 'atMs'> = { handled: 5, lag: 3, resting: false };

const verdicts = (...samples: Partial<Sample>[]): boolean[] => {
  const watch = createStallWatch({ limitMs: 60_000 });
  return samples.map((sample, index) => watch({ ...waiting, atMs: index * 30_000, ...sample }));
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
});
