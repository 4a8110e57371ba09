import { describe, expect, it } from '@jest/globals';
import { bytesToId, idToBytes, newId } from './index.ts';

describe('ids', () => {
  it('rises strictly within a process, over far more ids than a millisecond has', () => {
    const ids = Array.from({ length: 20_000 }, () => newId());
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort()).toEqual(ids);
  });

  it('is a UUID of version 7 and comes back from its bytes', () => {
    const id = newId();
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(bytesToId(idToBytes(id))).toBe(id);
  });

  it('refuses what is not a UUID', () => {
    expect(() => idToBytes('1')).toThrow(TypeError);
    expect(() => bytesToId(Buffer.alloc(15))).toThrow(TypeError);
  });
});
