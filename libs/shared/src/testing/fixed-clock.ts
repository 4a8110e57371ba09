import type { Clock } from '../ids/index.ts';

export interface FixedClock extends Clock {
  set(to: string | Date): void;
  advance(ms: number): void;
}

/** A clock that stands still until it is told otherwise. */
export const fixedClock = (at: string | Date = '2030-01-01T12:00:00.000Z'): FixedClock => {
  let ms = new Date(at).getTime();
  return {
    now: () => new Date(ms),
    set: (to) => {
      ms = new Date(to).getTime();
    },
    advance: (by) => {
      ms += by;
    },
  };
};
