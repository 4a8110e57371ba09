import { describe, expect, it } from '@jest/globals';
import { admissible, type Slots } from './admissible.ts';

const slots = (some: Partial<Slots>): Slots => ({ cap: 100, live: 0, admitPerSecond: undefined, allowance: 0, elapsedMs: 0, ...some });

describe('admissible', () => {
  it.each([
    ['the free slots', slots({ live: 40 }), 60],
    ['none when full', slots({ live: 100 }), 0],
    ['none above a cap that was lowered', slots({ cap: 5, live: 100 }), 0],
    ['none under a cap of nothing', slots({ cap: 0 }), 0],
    ['a thousand a tick at most', slots({ cap: 6000 }), 1000],
    ['a thousand a tick without a cap', slots({ cap: undefined, live: 50_000 }), 1000],
  ])('is %s', (_, given, count) => {
    expect(admissible(given).count).toBe(count);
  });

  it('fills the bucket by the rate, up to one second of it and the next one', () => {
    expect(admissible(slots({ admitPerSecond: 20, elapsedMs: 250 }))).toEqual({ count: 5, most: 5, allowance: 5 });
    expect(admissible(slots({ admitPerSecond: 20, allowance: 3, elapsedMs: 100 }))).toEqual({ count: 5, most: 5, allowance: 5 });
    expect(admissible(slots({ admitPerSecond: 20, elapsedMs: 3_600_000 }))).toEqual({ count: 21, most: 21, allowance: 21 });
  });

  it.each([0.3, 1, 7.3, 250, 999])(
    'neither loses nor adds anything at %d a second, however the ticks fall within a second',
    (admitPerSecond) => {
      let [admitted, allowance, elapsed] = [0, 0, 0];
      for (let tick = 0; tick < 2000; tick += 1) {
        const elapsedMs = (tick * 7919) % 997;
        const given = admissible(slots({ cap: undefined, admitPerSecond, allowance, elapsedMs }));
        admitted += given.count;
        allowance = given.allowance - given.count;
        elapsed += elapsedMs;
      }
      expect(admitted + allowance).toBeCloseTo((admitPerSecond * elapsed) / 1000, 3);
      expect(allowance).toBeLessThan(1);
    },
  );

  it('says apart how many the rate alone would let in', () => {
    expect(admissible(slots({ live: 98, admitPerSecond: 20, elapsedMs: 500 }))).toEqual({ count: 2, most: 10, allowance: 10 });
    expect(admissible(slots({ live: 98 }))).toMatchObject({ count: 2, most: 1000 });
  });

  it('lets a rate below one a second through in its time', () => {
    expect(admissible(slots({ admitPerSecond: 0.5, elapsedMs: 1900 })).count).toBe(0);
    expect(admissible(slots({ admitPerSecond: 0.5, elapsedMs: 2000 }))).toEqual({ count: 1, most: 1, allowance: 1 });
  });
});
