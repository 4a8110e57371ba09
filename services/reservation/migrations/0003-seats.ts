import type { Knex } from 'knex';

/**
 * The seats of every schedule, ids dense from 1 within each. `version` counts a seat's changes; the map's version is made of them. The index counts
 * free seats without touching a row.
 *
 * Partitioned by schedule, so that a sale on one date works on a part of the table: every statement names the schedule. That is also why there are
 * no foreign keys: InnoDB takes none on partitioned tables.
 */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE seats (
    schedule_id BINARY(16) NOT NULL,
    id INT UNSIGNED NOT NULL,
    section VARCHAR(40) NOT NULL,
    grade VARCHAR(40) NOT NULL,
    row_label VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    seat_number INT NOT NULL,
    price BIGINT NOT NULL,
    status VARCHAR(9) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    reservation_id BINARY(16) NULL,
    held_until DATETIME(3) NULL,
    version INT NOT NULL,
    PRIMARY KEY (schedule_id, id),
    KEY seats_by_state (schedule_id, status, held_until),
    CONSTRAINT seats_in_one_state CHECK (
      (status = 'AVAILABLE' AND reservation_id IS NULL AND held_until IS NULL) OR
      (status = 'HELD' AND reservation_id IS NOT NULL AND held_until IS NOT NULL) OR
      (status = 'SOLD' AND reservation_id IS NOT NULL AND held_until IS NULL))
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci
  PARTITION BY KEY (schedule_id) PARTITIONS 16`);
