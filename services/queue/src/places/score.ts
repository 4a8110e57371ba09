import { BEHIND_THE_DRAW } from '../opening/draw.ts';
import { openingNumber } from '../opening/opening.ts';
import type { QueueDefinition } from '../queues/queue.ts';

/** How the scores of a member's numbers come about: those below `drawnBelow` have `drawn`, the others themselves and `offset`. */
export interface ScoreRule {
  readonly drawnBelow: number;
  readonly drawn: number;
  readonly offset: number;
}

const BY_NUMBER: ScoreRule = { drawnBelow: 0, drawn: 0, offset: 0 };

/**
 * The rule for one member of a queue. It is known before the member has a number, says the same for as long as the queue has entries, and needs
 * nothing but the queue's definition: so a place comes back exactly where it was, whatever Redis has lost.
 */
export const scoreRuleOf = (queue: QueueDefinition, member: string): ScoreRule =>
  queue.opening === undefined
    ? BY_NUMBER
    : { drawnBelow: openingNumber(queue), drawn: queue.opening.draw.scoreOf(member), offset: BEHIND_THE_DRAW };

/** By which a place is ordered in its lane, a safe integer: its number, but for a draw. */
export const scoreOf = (queue: QueueDefinition, { number, member }: { readonly number: number; readonly member: string }): number => {
  if (queue.opening === undefined) return number;
  return number < openingNumber(queue) ? queue.opening.draw.scoreOf(member) : BEHIND_THE_DRAW + number;
};
