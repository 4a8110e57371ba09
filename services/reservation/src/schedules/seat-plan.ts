import type { SeatLayout } from '../seats/seat-store.ts';

/** A block of seats of one price. */
export interface Section {
  readonly name: string;
  readonly grade?: string | undefined;
  readonly rows: number;
  readonly seatsPerRow: number;
  readonly price: number;
}

/** What a section is called whose grade is not named. */
const PLAIN_GRADE = 'STANDARD';

/** The name of a row, as printed on tickets: A to Z, then AA, AB and so on. `index` counts from 0. */
export const rowLabel = (index: number): string => {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : rowLabel(Math.floor(index / 26) - 1) + letter;
};

/** How many seats the sections have together. */
export const countSeats = (sections: readonly Section[]): number =>
  sections.reduce((sum, { rows, seatsPerRow }) => sum + rows * seatsPerRow, 0);

/** The seats of a schedule, one by one, so that 100,000 need not be held at once: section by section, front row first, ids dense from 1. */
export function* seatPlan(sections: readonly Section[]): Generator<SeatLayout> {
  let id = 0;
  for (const { name, grade = PLAIN_GRADE, rows, seatsPerRow, price } of sections) {
    for (let row = 0; row < rows; row += 1) {
      for (let number = 1; number <= seatsPerRow; number += 1) {
        id += 1;
        yield { id, section: name, grade, row: rowLabel(row), number, price };
      }
    }
  }
}

/** Cuts a sequence into pieces of at most `size`. */
export function* batches<T>(all: Iterable<T>, size: number): Generator<T[]> {
  let batch: T[] = [];
  for (const one of all) {
    batch.push(one);
    if (batch.length === size) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}
