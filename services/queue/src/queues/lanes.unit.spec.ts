import { describe, expect, it } from '@jest/globals';
import { laneNames, shareOf, weightOf } from './lanes.ts';

describe('lanes', () => {
  it('are the standard one alone where none are set', () => {
    expect(laneNames({ lanes: [] })).toEqual(['standard']);
    expect(shareOf({ lanes: [] }, 'standard')).toBe(1);
  });

  it('share by their weights; the standard one has 1 unless it is set', () => {
    const queue = { lanes: [{ name: 'vip', weight: 3 }] };
    expect(laneNames(queue)).toEqual(['standard', 'vip']);
    expect([shareOf(queue, 'standard'), shareOf(queue, 'vip')]).toEqual([1 / 4, 3 / 4]);
    const set = { lanes: [...queue.lanes, { name: 'standard', weight: 6 }] };
    expect([shareOf(set, 'standard'), shareOf(set, 'vip')]).toEqual([6 / 9, 3 / 9]);
  });

  it('that were taken away have the least weight beside the others', () => {
    const queue = { lanes: [{ name: 'vip', weight: 3 }] };
    expect(weightOf(queue, 'gone')).toBe(1);
    expect(shareOf(queue, 'gone')).toBe(1 / 5);
  });
});
