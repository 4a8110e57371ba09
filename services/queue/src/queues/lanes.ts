import { STANDARD_LANE } from '../places/place.ts';
import type { QueueSettings } from './queue.ts';

type Lanes = Pick<QueueSettings, 'lanes'>;

/** The weight of the standard lane where none is set, and of a lane that was taken away and still has waiters: they come to their turn. */
const LEAST_WEIGHT = 1;

/** The lanes that places may be taken in: the standard one always. */
export const laneNames = ({ lanes }: Lanes): string[] => [...new Set([STANDARD_LANE, ...lanes.map(({ name }) => name)])];

/** By which a lane takes turns with the others. */
export const weightOf = ({ lanes }: Lanes, lane: string): number => lanes.find(({ name }) => name === lane)?.weight ?? LEAST_WEIGHT;

/** The part of all admissions that a lane has at least, from (0, 1]: what it gets while somebody waits in every one. */
export const shareOf = (queue: Lanes, lane: string): number => {
  const all = new Set([...laneNames(queue), lane]);
  return weightOf(queue, lane) / [...all].reduce((sum, name) => sum + weightOf(queue, name), 0);
};
