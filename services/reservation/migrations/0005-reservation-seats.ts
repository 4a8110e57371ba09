import type { Knex } from 'knex';

/** Which seats a reservation was made for, at which price; never changed, also when the seats have long gone to others. */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE reservation_seats (
    reservation_id BINARY(16) NOT NULL,
    seat_id INT UNSIGNED NOT NULL,
    price BIGINT NOT NULL,
    PRIMARY KEY (reservation_id, seat_id)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci`);
