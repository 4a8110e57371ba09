import type { Knex } from 'knex';

/**
 * Every refresh token until it expires, spent ones too: a spent one that comes back late betrays a copy. Only the SHA-256 is kept; a token is
 * 256 random bits, so there is nothing to guess. `uses` counts what was given for it: more than one are siblings.
 */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE refresh_tokens (
    hash BINARY(32) NOT NULL PRIMARY KEY,
    session_id BINARY(16) NOT NULL,
    issued_at DATETIME(3) NOT NULL,
    expires_at DATETIME(3) NOT NULL,
    used_at DATETIME(3) NULL,
    uses SMALLINT NOT NULL DEFAULT 0,
    KEY refresh_tokens_of_session (session_id),
    KEY refresh_tokens_by_expiry (expires_at)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`);

export const down = (knex: Knex) => knex.raw('DROP TABLE refresh_tokens');
