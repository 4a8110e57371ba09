import type { Knex } from 'knex';

/**
 * Who was in the draw of a queue, in its order; written before the first admission. returned: Redis had lost the place when the list was closed, and its
 * member came back and was admitted all the same.
 */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE draw_entries (
    queue_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    score BIGINT NOT NULL,
    number BIGINT NOT NULL,
    member VARCHAR(22) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    lane VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    returned BOOLEAN NOT NULL,
    PRIMARY KEY (queue_id, score, number)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci`);
