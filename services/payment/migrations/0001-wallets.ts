import type { Knex } from 'knex';

/** A member's points. A member without a row has none; `version` counts the changes, and numbers the wallet's ledger entries. */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE wallets (
    member_id BINARY(16) NOT NULL PRIMARY KEY,
    balance BIGINT NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT wallets_never_negative CHECK (balance >= 0)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`);
