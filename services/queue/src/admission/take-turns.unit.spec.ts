import { describe, expect, it } from '@jest/globals';
import { takeTurns } from './take-turns.ts';

const lane = (name: string, weight: number, waiting: number, credit = 0) => ({
  name,
  weight,
  credit,
  waiting: Array.from({ length: waiting }, (_, i) => `${name}${i + 1}`),
});
const tally = (chosen: readonly string[]) =>
  Object.fromEntries([...Map.groupBy(chosen, (place) => place.slice(0, 1))].map(([name, all]) => [name, all.length]));

describe('takeTurns', () => {
  it('takes one lane in its order', () => {
    expect(takeTurns([lane('s', 1, 3)], 2).chosen).toEqual(['s1', 's2']);
    expect(takeTurns([lane('s', 1, 3)], 10).chosen).toEqual(['s1', 's2', 's3']);
    expect(takeTurns([lane('s', 1, 3)], 0).chosen).toEqual([]);
    expect(takeTurns([], 5).chosen).toEqual([]);
  });

  it('shares by the weights, smoothly, each lane in its own order', () => {
    const { chosen } = takeTurns([lane('s', 1, 9), lane('v', 3, 9)], 8);
    expect(chosen).toEqual(['v1', 's1', 'v2', 'v3', 'v4', 's2', 'v5', 'v6']);
  });

  it('shares by the weights over time where one slot is free at a time, and leaves no lane without', () => {
    const taken: string[] = [];
    let credits = new Map<string, number>();
    for (let slot = 0; slot < 303; slot += 1) {
      const lanes = [lane('s', 1, 5, credits.get('s')), lane('v', 100, 5, credits.get('v')), lane('g', 2, 5, credits.get('g'))];
      const turn = takeTurns(lanes, 1);
      taken.push(...turn.chosen);
      credits = turn.credits;
    }
    expect(taken).toHaveLength(303);
    for (const [name, weight] of Object.entries({ s: 1, v: 100, g: 2 })) {
      expect(Math.abs(tally(taken)[name]! - (303 * weight) / 103)).toBeLessThan(2);
    }
  });

  it('gives the share of an empty lane to the others, and owes it nothing for that', () => {
    let credits = new Map<string, number>();
    for (let slot = 0; slot < 1000; slot += 1)
      credits = takeTurns([lane('s', 1, 1, credits.get('s')), lane('v', 9, 0, credits.get('v'))], 1).credits;
    const { chosen } = takeTurns([lane('s', 1, 20, credits.get('s')), lane('v', 9, 20, credits.get('v'))], 20);
    expect(tally(chosen)).toEqual({ s: 2, v: 18 });
  });
});
