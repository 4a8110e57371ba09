import type { Queryable } from '@onsale/shared/db';
import type { QueueDefinition } from './queue.ts';

/** Beyond the longest rest that a waiter was told, before anybody is admitted again: requests under way, a slow network. */
export const REST_MARGIN_MS = 5000;
/** Nobody looked for so long: an engine was away, or every replica. A tick comes four times a second. */
const UNWATCHED_SECONDS = 5;
/** Looks are written down once in so long. */
const WATCH_SECONDS = 1;

/** Whether a line rests: nobody is admitted until a look has found its rest over (`watchRest`). */
export const RESTING = '(rest_watched_at IS NOT NULL OR (rest_until IS NOT NULL AND rest_until > NOW(3))) AS resting';

/** What begins a rest of so long in the row of a locked queue. */
export const restOf = (db: Queryable, restMs: number) => ({
  rest_until: db.raw('NOW(3) + INTERVAL ? MICROSECOND', [restMs * 1000]),
  rest_watched_at: db.raw('NOW(3)'),
});

/** What there is in the row of a queue that does not rest. */
export const NO_REST = { rest_until: null, rest_watched_at: null };

/**
 * Looks after the rest of a line that was found whole: true when it is over now. It is over at its time only if somebody who reached both engines has looked all
 * the while. Otherwise it begins anew, as with MySQL away nobody was put back into the line, and whoever came since would stand before them.
 */
export const watchRest = async (db: Queryable, { id, generation }: Pick<QueueDefinition, 'id' | 'generation'>): Promise<boolean> => {
  const longAgo = db.raw('NOW(3) - INTERVAL ? SECOND', [UNWATCHED_SECONDS]);
  const watched = () => db('queues').where({ id, generation }).where('rest_watched_at', '>=', longAgo);
  const over = await watched()
    .where((where) => void where.whereNull('rest_until').orWhere('rest_until', '<=', db.raw('NOW(3)')))
    .update({ rest_watched_at: null });
  if (over > 0) return true;
  await watched()
    .where('rest_watched_at', '<', db.raw('NOW(3) - INTERVAL ? SECOND', [WATCH_SECONDS]))
    .update({ rest_watched_at: db.raw('NOW(3)') });
  await db('queues')
    .where({ id, generation })
    .where('rest_watched_at', '<', longAgo)
    .update({
      rest_until: db.raw('NOW(3) + INTERVAL (longest_poll_ms + ?) * 1000 MICROSECOND', [REST_MARGIN_MS]),
      rest_watched_at: db.raw('NOW(3)'),
    });
  return false;
};
