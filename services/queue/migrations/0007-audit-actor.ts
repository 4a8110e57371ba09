import type { Knex } from 'knex';

/** Operators of an identity provider that is not ours go by names of up to 128 characters (the gateway's provider-tokens.ts). */
export const up = (knex: Knex) => knex.raw('ALTER TABLE audit MODIFY actor VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL');
