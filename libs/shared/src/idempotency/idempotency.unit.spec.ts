import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { assert, property, string, tuple } from 'fast-check';
import { captureLog, eventually, fixedClock } from '../testing/index.ts';
import { createKeyPurge, type IdempotencyStore } from './index.ts';
import { scopeBytes } from './key-scope.ts';

const requestHash = createHash('sha256').update('{}').digest();

describe('the row of a key', () => {
  const parts = tuple(string(), string(), string(), string());
  const bytesOf = ([memberId, method, path, key]: [string, string, string, string]): string =>
    scopeBytes({ memberId, method, path, key, requestHash }).toString('hex');

  it('has 32 bytes, and is another one as soon as any part is another', () => {
    assert(
      property(parts, parts, (one, two) => {
        expect(bytesOf(one)).toHaveLength(64);
        expect(bytesOf(one) === bytesOf(two)).toBe(JSON.stringify(one) === JSON.stringify(two));
      }),
    );
  });

  it('begins alike for all keys of a member, and of no other', () => {
    const prefix = (memberId: string, key: string): string => bytesOf([memberId, 'POST', '/payments', key]).slice(0, 16);
    expect(prefix('a', '1')).toBe(prefix('a', '2'));
    expect(prefix('a', '1')).not.toBe(prefix('b', '1'));
  });
});

describe('createKeyPurge', () => {
  it('forgets what is older than a day, and goes on after a failure', async () => {
    const asked: Date[] = [];
    const store: Pick<IdempotencyStore, 'purge'> = {
      purge: async (before) => {
        asked.push(before);
        throw new Error('engine away');
      },
    };
    const { log, text } = captureLog();
    const purge = createKeyPurge({ store, clock: fixedClock('2030-01-02T12:00:00.000Z'), log });
    await purge.start();
    await eventually(() => expect(text()).toContain('engine away'));
    await purge.stop();

    expect(asked).toEqual([new Date('2030-01-01T12:00:00.000Z')]);
  });
});
