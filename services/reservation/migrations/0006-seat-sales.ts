import type { Knex } from 'knex';

/** One row for each seat that is sold now. Its key is the last guard against selling a seat twice, whatever the other tables say. */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE seat_sales (
    schedule_id BINARY(16) NOT NULL,
    seat_id INT UNSIGNED NOT NULL,
    reservation_id BINARY(16) NOT NULL,
    sold_at DATETIME(3) NOT NULL,
    PRIMARY KEY (schedule_id, seat_id)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci`);
