import { describe, expect, it } from '@jest/globals';
import type { QueueSettings } from './queue.ts';
import { patched } from './settings.ts';

const old: QueueSettings = {
  cap: 10,
  admitPerSecond: 5,
  capacity: 100,
  windowSeconds: 600,
  abandonAfterSeconds: 120,
  noShowAfterSeconds: 90,
  onExpiry: 'end',
  tokenLifeSeconds: 86_400,
  maxPollSeconds: 30,
  lanes: [],
  message: 'Hello',
};

describe('patched', () => {
  it('changes what is named alone', () => {
    expect(patched(old, {})).toEqual(old);
    expect(patched(old, { cap: 0, onExpiry: 'requeue', message: 'Bye' })).toEqual({ ...old, cap: 0, onExpiry: 'requeue', message: 'Bye' });
  });

  it('takes a limit away by null', () => {
    expect(patched(old, { cap: null, admitPerSecond: null, capacity: null, noShowAfterSeconds: null, message: null })).toEqual({
      ...old,
      cap: undefined,
      admitPerSecond: undefined,
      capacity: undefined,
      noShowAfterSeconds: undefined,
      message: undefined,
    });
  });
});
