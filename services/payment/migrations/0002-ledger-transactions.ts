import type { Knex } from 'knex';

/** What moved points, and for what. (reference, kind) is the last guard against moving the same points twice. */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE ledger_transactions (
    id BINARY(16) NOT NULL PRIMARY KEY,
    kind VARCHAR(16) CHARACTER SET ascii NOT NULL,
    reference VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    created_at DATETIME(3) NOT NULL,
    UNIQUE KEY ledger_transactions_once (reference, kind)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`);
