import { describe, expect, it } from '@jest/globals';
import { issuedAt } from './place.ts';

describe('issuedAt', () => {
  it('is the second at which the number was given out', () => {
    const epoch = Date.parse('2030-01-01T00:00:00.500Z');
    expect(new Date(issuedAt(epoch, 90_000_000) * 1000).toISOString()).toBe('2030-01-01T00:01:30.000Z');
  });
});
