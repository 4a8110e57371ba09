import type { QueueStatus } from '@onsale/contracts/queue';
import { isOver } from './reader.ts';

/** A place that may change at any moment is looked at at every turn. */
export const TURN_MS = 1000;
/** Places far behind take turns, `pollAfterMs` of the queue being for those who ask by themselves. */
const FAR_MS = 3000;
/** Of a queue that cannot tell when (paused, or without a pace), the first are near. */
const NEAR_POSITION = 100;
/** `pollAfterMs` of the near ones: a second, and the spread of it. */
const NEAR_POLL_MS = 2 * TURN_MS;

/** Milliseconds until a place is looked at again: at the next turn near the head and inside, every few seconds far behind. */
export const restOf = ({ status, position, pollAfterMs = FAR_MS }: QueueStatus): number => {
  if (status === 'ADMITTED' || (position !== undefined && position <= NEAR_POSITION) || pollAfterMs <= NEAR_POLL_MS) return TURN_MS;
  return Math.min(FAR_MS, Math.max(TURN_MS, pollAfterMs / 4));
};

/** In these a place that has only moved on differs; in `pollAfterMs` from look to look. */
const MOVES: ReadonlySet<string> = new Set(['position', 'etaSeconds', 'pollAfterMs']);

/** Ten thousand of them are compared a second: their fields are texts and numbers, and none is made for it. */
const differs = (before: QueueStatus, now: QueueStatus): boolean => {
  const a: Readonly<Record<string, unknown>> = before;
  const b: Readonly<Record<string, unknown>> = now;
  for (const key in b) if (a[key] !== b[key] && !MOVES.has(key)) return true;
  for (const key in a) if (a[key] !== b[key] && !MOVES.has(key)) return true;
  return false;
};

/** Whether there is anything to tell. */
export const isNews = (before: QueueStatus, now: QueueStatus): boolean =>
  before.position !== now.position || before.etaSeconds !== now.etaSeconds || differs(before, now);

/**
 * Whether a place has changed in a way that its queue's other places share: an opening, a cap that was raised, a line that moves again, a word of the
 * operator. Those far behind are looked at with the next turn then, so that all hear of it within two.
 */
export const isSurprise = (before: QueueStatus, now: QueueStatus, elapsedMs: number): boolean => {
  if (isOver(now) || before.status === 'ADMITTED') return false;
  const [then, eta] = [before.etaSeconds, now.etaSeconds];
  if (then === undefined) return eta !== undefined || differs(before, now);
  if (restOf(before) === TURN_MS) return false; // expected to change at any moment
  return eta === undefined || eta * 2 < then - elapsedMs / 1000 || differs(before, now);
};
