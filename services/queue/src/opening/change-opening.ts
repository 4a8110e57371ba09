import { Refusal } from '@onsale/shared/errors';
import type { QueueDefinition } from '../queues/queue.ts';

/**
 * When a queue opens after a request that names `wanted` (`null`: from the start; absent: as it was). Who is in the draw is decided by the opening, and the
 * seed is out once it has opened: so it is fixed from the first number on. A line gets its first life (`generation`) before its first number, under the lock
 * of the row that the caller holds: no number can have been given out by another opening.
 * @throws Refusal OPENING_FIXED
 */
export const changedOpensAt = (
  { generation, opening }: Pick<QueueDefinition, 'generation' | 'opening'>,
  wanted: string | null | undefined,
): Date | undefined => {
  const now = opening?.opensAt;
  if (wanted === undefined) return now;
  const next = wanted === null ? undefined : new Date(wanted);
  if (next?.getTime() === now?.getTime()) return now;
  if (generation > 0 || opening?.opened === true)
    throw new Refusal('OPENING_FIXED', 'Somebody has a number already, or the queue has opened: when it opens stays as it is.');
  return next;
};
