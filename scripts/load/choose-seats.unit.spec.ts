import { describe, expect, it } from '@jest/globals';
import { chooseSeats } from './choose-seats.ts';

const seats = ['HELD', 'AVAILABLE', 'SOLD', 'AVAILABLE', 'AVAILABLE', 'AVAILABLE'].map((status, n) => ({
  id: String(n + 1),
  status: status as 'HELD' | 'AVAILABLE' | 'SOLD',
}));

describe('choosing seats', () => {
  it('takes free ones among the favourites, each once', () => {
    const chosen = (random: number) => chooseSeats({ seats, count: 2, favourites: 3, random: () => random });
    expect([chosen(0), chosen(0.5), chosen(0.999)]).toEqual([
      ['2', '4'],
      ['4', '5'],
      ['5', '4'],
    ]);
  });

  it('takes any free one where nobody has favourites', () => {
    expect(chooseSeats({ seats, count: 1, favourites: Infinity, random: () => 0.999 })).toEqual(['6']);
  });

  it('takes none where there are too few', () => {
    expect(chooseSeats({ seats, count: 5, favourites: 9, random: () => 0 })).toEqual([]);
  });
});
