import { describe, expect, it } from '@jest/globals';
import { batches, countSeats, rowLabel, seatPlan } from './seat-plan.ts';

const stalls = { name: 'Stalls', grade: 'VIP', rows: 2, seatsPerRow: 2, price: 5000 };
const balcony = { name: 'Balcony', rows: 1, seatsPerRow: 1, price: 1000 };

describe('rowLabel', () => {
  it('goes on after Z as spreadsheets do, and names the most rows that there can be', () => {
    expect([0, 1, 25, 26, 27, 51, 52, 701, 702, 999].map(rowLabel)).toEqual(['A', 'B', 'Z', 'AA', 'AB', 'AZ', 'BA', 'ZZ', 'AAA', 'ALL']);
  });
});

describe('seatPlan', () => {
  it('numbers the seats from 1 without a gap, section by section, row by row', () => {
    expect([...seatPlan([stalls, balcony])]).toEqual([
      { id: 1, section: 'Stalls', grade: 'VIP', row: 'A', number: 1, price: 5000 },
      { id: 2, section: 'Stalls', grade: 'VIP', row: 'A', number: 2, price: 5000 },
      { id: 3, section: 'Stalls', grade: 'VIP', row: 'B', number: 1, price: 5000 },
      { id: 4, section: 'Stalls', grade: 'VIP', row: 'B', number: 2, price: 5000 },
      { id: 5, section: 'Balcony', grade: 'STANDARD', row: 'A', number: 1, price: 1000 },
    ]);
  });

  it('makes as many as are counted', () => {
    const sections = [stalls, balcony, { ...balcony, rows: 37, seatsPerRow: 41 }];
    expect([...seatPlan(sections)]).toHaveLength(countSeats(sections));
  });
});

describe('batches', () => {
  it('cuts into pieces of the size, the last one shorter, and none empty', () => {
    expect([...batches([1, 2, 3, 4, 5], 2)]).toEqual([[1, 2], [3, 4], [5]]);
    expect([...batches([1, 2], 2)]).toEqual([[1, 2]]);
    expect([...batches([], 2)]).toEqual([]);
  });
});
