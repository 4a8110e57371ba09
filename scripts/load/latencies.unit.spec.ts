import { describe, expect, it } from '@jest/globals';
import { summaryOf } from './latencies.ts';

describe('summaryOf', () => {
  it('takes percentiles by nearest rank, whatever the order', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(summaryOf(hundred)).toEqual({ count: 100, p50: 50, p95: 95, p99: 99, max: 100 });
    expect(summaryOf([7])).toEqual({ count: 1, p50: 7, p95: 7, p99: 7, max: 7 });
  });

  it('has no percentiles of nothing', () => {
    expect(summaryOf([]).p99).toBeNaN();
  });
});
