import type { Ending, Place, Standing } from '../places/place.ts';
import type { Entry, Found, Pace } from './line-views.ts';

/** What is said once of all that were put in line together. */
export interface Told {
  readonly nowMs: number;
  readonly admitted: number;
  readonly paces: ReadonlyMap<string, Pace>;
}

/** A place as Redis writes it. */
export const keyOf = ({ number, member }: Place): string => `${number}:${member}`;

/** The owner of a place as Redis writes it. */
export const ownerOf = (key: string): Pick<Place, 'number' | 'member'> => {
  const [number = '', member = ''] = key.split(':');
  return { number: Number(number), member };
};

/** `undefined`: this Redis does not know the place. */
const standingOf = (state: unknown, value: unknown, nowMs: number): Standing | 'LOST' | undefined => {
  switch (state) {
    case 'WAITING':
      return { state, position: Number(value) + 1 };
    case 'ADMITTED': {
      const untilMs = Number(value); // by the database's clock: it ends an admission, and this one only says how long that may take
      return { state, untilMs, remainingMs: Math.max(0, untilMs - nowMs) };
    }
    case 'ENDED':
      return { state, ending: value as Ending };
    case 'LOST':
      return 'LOST';
    case 'OVER':
      return { state };
    default:
      return undefined;
  }
};

/** In runs of `size`, the last one shorter. */
export const chunksOf = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));

/** Flat: lane, waiting, rate. */
export const pacesOf = (flat: readonly (string | number)[]): Map<string, Pace> =>
  new Map(
    chunksOf(flat, 3).map(([lane, waiting, rate]) => [String(lane), { lane: String(lane), waiting: Number(waiting), rate: Number(rate) }]),
  );

/** Flat: state, value, lane. */
export const foundOf = (
  flat: readonly unknown[],
  paces: readonly (string | number)[],
  nowMs: number,
): Found<Standing | 'LOST' | undefined>[] => {
  const byLane = pacesOf(paces);
  return chunksOf(flat, 3).map(([state, value, lane]) => ({
    standing: standingOf(state, value, nowMs),
    pace: byLane.get(lane as string),
  }));
};

/** Flat: place, lane, score. */
export const gaveWayOf = (flat: readonly string[]): Place[] =>
  chunksOf(flat, 3).map(([key = '', lane = '', score]) => ({ ...ownerOf(key), lane, score: Number(score) }));

/** One of `enqueue`'s answers. */
export const entryOf = ([outcome, number, lane, state, value, waiting]: readonly unknown[], told: Told): Entry => {
  const at = { number: Number(number), lane: lane as string };
  switch (outcome) {
    case 'NEW':
    case 'SAME':
      return {
        outcome,
        ...at,
        standing: standingOf(state, value, told.nowMs) as Standing,
        pace: told.paces.get(at.lane)!,
        waiting: Number(waiting),
        admitted: told.admitted,
      };
    case 'UNSURE':
      return { outcome, ...at };
    default:
      return { outcome: 'FULL' };
  }
};
