import type { Knex } from 'knex';

/**
 * Who asked to be deleted, and what became of it; by ids alone, and kept for good, so that it can be shown that it was done. The id is that of the saga.
 * `live_member_id` repeats `member_id` while it is under way: one at a time.
 */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE account_deletions (
    id BINARY(16) NOT NULL PRIMARY KEY,
    member_id BINARY(16) NOT NULL,
    live_member_id BINARY(16) NULL,
    status VARCHAR(9) CHARACTER SET ascii NOT NULL,
    code VARCHAR(40) CHARACTER SET ascii NULL,
    detail VARCHAR(200) NULL,
    created_at DATETIME(3) NOT NULL,
    ended_at DATETIME(3) NULL,
    KEY account_deletions_of_member (member_id, id),
    UNIQUE KEY account_deletions_one_live (live_member_id)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`);
