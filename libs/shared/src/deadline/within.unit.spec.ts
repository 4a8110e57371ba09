import { describe, expect, it, jest } from '@jest/globals';
import { within } from './within.ts';

describe('within', () => {
  it('answers with what is done in time, and leaves no timer behind', async () => {
    jest.useFakeTimers();
    try {
      expect(await within(1000, Promise.resolve('done'))).toBe('done');
      await expect(within(1000, Promise.reject(new Error('failed')))).rejects.toThrow('failed');
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  it('does not wait for what takes longer, nor cares how that ends', async () => {
    const { promise, reject } = Promise.withResolvers<void>();
    await expect(within(1, promise, 'the answer')).rejects.toThrow('the answer did not come within 1 ms');
    await expect(within(-5, new Promise(() => {}))).rejects.toThrow('did not come');
    await expect(within(1, promise, () => new RangeError('ours'))).rejects.toThrow(RangeError);
    reject(new Error('too late')); // would end the process as unhandled
    await new Promise(setImmediate);
  });
});
