import { describe, expect, it } from '@jest/globals';
import { takesWrites } from './ask-engine.ts';

describe('an engine that is asked whether it takes writes', () => {
  it.each([0, '0', 'OFF', 'off'])('does by read_only = %p', (value) => {
    expect(takesWrites(value)).toBe(true);
  });

  it.each([1, '1', 'ON', 'NO_LOCK', 'NO_LOCK_NO_ADMIN', undefined, null])('does not by read_only = %p', (value) => {
    expect(takesWrites(value)).toBe(false);
  });
});
