import type { Knex } from 'knex';

/** Whether the member gives up the points that are left: asked again with another wish, it is another request. */
export const up = (knex: Knex) => knex.raw('ALTER TABLE account_deletions ADD COLUMN give_up_balance BOOLEAN NOT NULL DEFAULT FALSE');
