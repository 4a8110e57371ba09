import type { Knex } from 'knex';

/** no_show_after_seconds: an admission whose owner never came for so long is ended; NULL: none is. */
export const up = (knex: Knex) =>
  knex.raw('ALTER TABLE queues ADD COLUMN no_show_after_seconds INT UNSIGNED NULL AFTER abandon_after_seconds');
