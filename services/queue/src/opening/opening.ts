import type { Draw } from './draw.ts';

/** When a queue opens, and how far that is. Without one a queue is open from the start. */
export interface Opening {
  readonly opensAt: Date;
  /** Written by the tick that opens it (`openDue`), after Redis was told that the draw is over; until then the seed is secret. */
  readonly opened: boolean;
  /** All entries of the draw are written down: admission may begin. */
  readonly listed: boolean;
  readonly draw: Draw;
}

interface Opens {
  /** Origin of the queue's numbers, in milliseconds since 1970. */
  readonly epoch: number;
  readonly opening: Opening | undefined;
}

/**
 * The number of whoever comes in the very moment of the opening: lower ones came before it, and are in the draw. 0 without an opening. Neither the epoch nor
 * the opening of a queue with entries ever changes, so that a token's number says for good whether it is in the draw.
 */
export const openingNumber = ({ epoch, opening }: Opens): number =>
  opening === undefined ? 0 : Math.max(0, (opening.opensAt.getTime() - epoch) * 1000);

/**
 * Numbers below this one have waited longer than a token lives. Who came before the opening waits from the opening on: all of the draw live equally long.
 */
export const oldestNumber = (queue: Opens & { readonly tokenLifeSeconds: number }, nowMs: number): number => {
  const oldest = (nowMs - queue.epoch - queue.tokenLifeSeconds * 1000) * 1000;
  return oldest > openingNumber(queue) ? oldest : 0;
};
