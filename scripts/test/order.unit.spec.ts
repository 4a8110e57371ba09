import { describe, expect, it } from '@jest/globals';
import { shuffled } from './shuffled.ts';
import { testSeed } from './test-seed.ts';

const paths = Array.from({ length: 20 }, (_, n) => `/specs/${String(n).padStart(2, '0')}`);
const inOrder = (seed: number, given: string[]) => shuffled(given, { seed, keyOf: (path) => path });

describe('the order of spec files', () => {
  it('is the same for the same seed, however they were found', () => {
    expect(inOrder(7, paths)).toEqual(inOrder(7, paths.toReversed()));
  });

  it('is another for another seed, with every file once', () => {
    expect(inOrder(8, paths)).not.toEqual(inOrder(7, paths));
    expect(inOrder(7, paths)).not.toEqual(paths);
    expect(inOrder(7, paths).toSorted()).toEqual(paths);
  });
});

describe('testSeed', () => {
  it('is the one that was asked for, else a fresh one', () => {
    expect(testSeed('-5', () => 1)).toBe(-5);
    expect(testSeed(undefined, () => 1)).toBe(1);
  });

  it.each(['x', '1.5', '2147483648'])('refuses %s, which jest cannot repeat', (wanted) => {
    expect(() => testSeed(wanted, () => 1)).toThrow('32-bit');
  });
});
