import type { Knex } from 'knex';

/** Concerts. Ids are UUIDv7, so their order is that of creation: newest first needs no index of its own. */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE concerts (
    id BINARY(16) NOT NULL PRIMARY KEY,
    title VARCHAR(200) NOT NULL,
    venue VARCHAR(200) NOT NULL,
    description TEXT NOT NULL,
    created_at DATETIME(3) NOT NULL
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci`);
