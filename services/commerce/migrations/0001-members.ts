import type { Knex } from 'knex';

/** Members. The email's collation ignores case, so that the unique key does too; addresses are ASCII (the contract's `Email`). */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE members (
    id BINARY(16) NOT NULL PRIMARY KEY,
    email VARCHAR(254) CHARACTER SET ascii COLLATE ascii_general_ci NOT NULL,
    password_hash VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    name VARCHAR(100) NOT NULL,
    role VARCHAR(16) CHARACTER SET ascii NOT NULL,
    created_at DATETIME(3) NOT NULL,
    UNIQUE KEY members_email (email)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`);

export const down = (knex: Knex) => knex.raw('DROP TABLE members');
