import type { Knex } from 'knex';

/**
 * The opening of a queue, and its draw.
 *
 * opens_at: nobody is admitted before it. opened_at: it has opened; only then is the seed shown. draw_seed: decides the order of those who came before;
 * made by the database, so that it stands in no statement, and so in no log and no error. draw_cursor: up to this score the entries are written down, in the
 * present life of the line. draw_count: so many were. draw_listed_at: all of them are; nobody is admitted before.
 */
export const up = (knex: Knex) =>
  knex.raw(`ALTER TABLE queues
    ADD COLUMN opens_at DATETIME(3) NULL,
    ADD COLUMN opened_at DATETIME(3) NULL,
    ADD COLUMN draw_seed BINARY(32) NULL,
    ADD COLUMN draw_cursor BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN draw_count INT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN draw_listed_at DATETIME(3) NULL,
    ADD KEY queues_opening (draw_listed_at, opens_at)`);
