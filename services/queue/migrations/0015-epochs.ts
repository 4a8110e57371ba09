import type { Knex } from 'knex';

/**
 * epochs_ended: so many epochs its operator has ended. first_number: of the present one; lower numbers are void, and so are their tokens.
 * fresh_generation: with this generation the line has had no life in Redis since the epoch began. (The column epoch is the origin of the numbers, in all of them.)
 */
export const up = (knex: Knex) =>
  knex.raw(`ALTER TABLE queues
    ADD COLUMN epochs_ended INT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN first_number BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN fresh_generation INT UNSIGNED NOT NULL DEFAULT 0`);
