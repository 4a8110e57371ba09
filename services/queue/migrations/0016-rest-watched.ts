import type { Knex } from 'knex';

/**
 * rest_watched_at: when a replica that reached both engines last looked at a line at rest; NULL where none rests. A rest in which nobody looked for a while
 * begins anew: those who wait may not have been put back meanwhile.
 */
export const up = (knex: Knex) => knex.raw('ALTER TABLE queues ADD COLUMN rest_watched_at DATETIME(3) NULL AFTER rest_until');
