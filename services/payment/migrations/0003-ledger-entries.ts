import type { Knex } from 'knex';

/**
 * The sides of each ledger transaction, summing to zero; rows are never changed. An entry belongs to a wallet (then `member_id`, `sequence`
 * and `balance_after` are set; `sequence` is the wallet's version) or to a system account.
 *
 * `created_at` stands in the primary key, and there is no foreign key, so that the table can be partitioned by month.
 */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE ledger_entries (
    id BINARY(16) NOT NULL,
    transaction_id BINARY(16) NOT NULL,
    account VARCHAR(16) CHARACTER SET ascii NOT NULL,
    member_id BINARY(16) NULL,
    sequence BIGINT NULL,
    amount BIGINT NOT NULL,
    balance_after BIGINT NULL,
    created_at DATETIME(3) NOT NULL,
    PRIMARY KEY (id, created_at),
    KEY ledger_entries_of_transaction (transaction_id),
    KEY ledger_entries_of_member (member_id, sequence),
    CONSTRAINT ledger_entries_of_one_account CHECK (
      (account = 'wallet' AND member_id IS NOT NULL AND sequence IS NOT NULL AND balance_after IS NOT NULL) OR
      (account <> 'wallet' AND member_id IS NULL AND sequence IS NULL AND balance_after IS NULL))
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`);
