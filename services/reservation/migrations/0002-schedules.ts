import type { Knex } from 'knex';

/**
 * A concert's dates, with their sale windows and lines. `total` never changes once the seats are made, so that it need not be counted. The index
 * serves the list of a concert by start, and its dates.
 */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE schedules (
    id BINARY(16) NOT NULL PRIMARY KEY,
    concert_id BINARY(16) NOT NULL,
    starts_at DATETIME(3) NOT NULL,
    duration_minutes INT NOT NULL,
    sales_open_at DATETIME(3) NOT NULL,
    queue_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    total INT NOT NULL,
    created_at DATETIME(3) NOT NULL,
    KEY schedules_of_concert (concert_id, starts_at, id)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci`);
