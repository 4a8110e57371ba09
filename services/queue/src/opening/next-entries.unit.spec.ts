import { describe, expect, it } from '@jest/globals';
import { nextEntries } from './next-entries.ts';

const lane = (name: string, ...scores: number[]) =>
  scores.map((score) => ({ score, number: 100 - score, member: `m${score}`, lane: name }));
const scoresOf = ({ places }: ReturnType<typeof nextEntries>) => places.map(({ score }) => score);

describe('the next entries of a draw', () => {
  it('are all where no lane breaks off, in the order of the draw', () => {
    const batch = nextEntries([lane('standard', 1, 5), lane('early', 2, 4)], 3);
    expect(scoresOf(batch)).toEqual([1, 2, 4, 5]);
    expect(batch.complete).toBe(true);
  });

  it('go up to the lane that breaks off first: what comes after it in others may not be next', () => {
    const batch = nextEntries([lane('standard', 1, 5, 9), lane('early', 2, 3, 4)], 3);
    expect(scoresOf(batch)).toEqual([1, 2, 3, 4]);
    expect(batch).toMatchObject({ cursor: 4, complete: false });
  });

  it('put the lower number first where scores are equal', () => {
    const places = [7, 3].map((number) => ({ score: 1, number, member: `m${number}`, lane: 'standard' }));
    expect(nextEntries([places], 5).places.map(({ number }) => number)).toEqual([3, 7]);
  });

  it('are none of an empty line', () => {
    expect(nextEntries([[]], 5)).toEqual({ places: [], cursor: 0, complete: true });
    expect(nextEntries([], 5)).toMatchObject({ complete: true });
  });
});
