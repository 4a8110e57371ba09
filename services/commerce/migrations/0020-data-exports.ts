import type { Knex } from 'knex';

/** What is kept of a member, gathered from all services for the member to read, until it expires. */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE data_exports (
    id BINARY(16) NOT NULL PRIMARY KEY,
    member_id BINARY(16) NOT NULL,
    created_at DATETIME(3) NOT NULL,
    expires_at DATETIME(3) NOT NULL,
    KEY data_exports_of_member (member_id, id),
    KEY data_exports_by_expiry (expires_at)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`);
