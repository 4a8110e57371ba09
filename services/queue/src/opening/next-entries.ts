import type { Place } from '../places/place.ts';

interface Batch {
  /** In the order of the draw. */
  readonly places: readonly Place[];
  /** Up to this score nobody is left out; those of the same score are read again. */
  readonly cursor: number;
  /** There are no more. */
  readonly complete: boolean;
}

/**
 * The next entries of a draw, from the first `limit` of each lane at most: up to the score at which the first lane breaks off, so that all lanes are written
 * down side by side by one cursor.
 */
export const nextEntries = (lanes: readonly (readonly Place[])[], limit: number): Batch => {
  const bound = Math.min(...lanes.filter((lane) => lane.length >= limit).map((lane) => lane.at(-1)!.score));
  const places = lanes
    .flat()
    .filter(({ score }) => score <= bound)
    .sort((a, b) => a.score - b.score || a.number - b.number);
  return { places, cursor: places.at(-1)?.score ?? 0, complete: bound === Infinity };
};
