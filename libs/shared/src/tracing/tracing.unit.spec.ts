import { describe, expect, it } from '@jest/globals';
import { currentTrace, withTrace } from './index.ts';

const given = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('withTrace', () => {
  it('keeps the trace and makes a span of its own, over awaits', async () => {
    const trace = await withTrace(given, async () => {
      await Promise.resolve();
      return currentTrace();
    });
    expect(trace?.traceId).toBe('0af7651916cd43dd8448eb211c80319c');
    expect(trace?.traceparent).not.toBe(given);
    expect(currentTrace()).toBeUndefined();
  });

  it.each([undefined, 'nonsense', '00-00000000000000000000000000000000-b7ad6b7169203331-01'])('begins a new trace for %s', (parent) => {
    expect(withTrace(parent, currentTrace)?.traceparent).toMatch(/^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });
});
