import type { QueueStatus } from '@onsale/contracts/queue';
import { isOver } from './reader.ts';

/** A place that may change at any moment is looked at at every turn. */
export const TURN_MS = 1000;
/** Places far behind take turns, `pollAfterMs` of the queue being for those who ask by themselves. */
const FAR_MS = 5000;
/** Of a queue that cannot tell when (paused, or without a pace), the first are near. */
const NEAR_POSITION = 100;
/** `pollAfterMs` of the near ones: a second, and the spread of it. */
const NEAR_POLL_MS = 2 * TURN_MS;

/** Milliseconds until a place is looked at again: at the next turn near the head and inside, every few seconds far behind. */
export const restOf = ({ status, position, pollAfterMs = FAR_MS }: QueueStatus): number => {
  if (status === 'ADMITTED' || (position !== undefined && position <= NEAR_POSITION) || pollAfterMs <= NEAR_POLL_MS) return TURN_MS;
  return Math.min(FAR_MS, Math.max(TURN_MS, pollAfterMs / 2));
};

/** What is the same for a place that has only moved on. */
const standing = ({ position: _position, etaSeconds: _eta, pollAfterMs: _poll, ...standing }: QueueStatus): string =>
  JSON.stringify(standing);

/** Whether there is anything to tell: `pollAfterMs` differs at every look. */
export const isNews = (before: QueueStatus, now: QueueStatus): boolean =>
  before.position !== now.position || before.etaSeconds !== now.etaSeconds || standing(before) !== standing(now);

/**
 * Whether a place far behind has changed in a way that its queue's other places share: an opening, a cap that was raised, a word of the operator.
 * They are looked at with the next turn then, so that all hear of it within two.
 */
export const isSurprise = (before: QueueStatus, now: QueueStatus, elapsedMs: number): boolean => {
  if (restOf(before) === TURN_MS || isOver(now)) return false;
  if (standing(before) !== standing(now)) return true;
  const [eta, then] = [now.etaSeconds, before.etaSeconds];
  if (eta === undefined || then === undefined) return eta !== then;
  return eta * 2 < then - elapsedMs / 1000;
};
