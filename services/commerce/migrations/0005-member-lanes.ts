import type { Knex } from 'knex';

/** lanes: the lanes of waiting rooms that the member may take numbers in, beside the standard one; joined by commas, 8 of 20 characters at most. */
export const up = (knex: Knex) =>
  knex.raw(`ALTER TABLE members ADD COLUMN lanes VARCHAR(167) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT ''`);
