import type { Knex } from 'knex';

/**
 * A session is a family of refresh tokens. Its row is what refreshing and ending lock, so that one of them comes first.
 * `expires_at` is that of the newest token. `unannounced` is set from the session's end until the deny-list in Redis is known to have it; it counts
 * how often that was asked for, so that who has told one time does not clear the next.
 */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE sessions (
    id BINARY(16) NOT NULL PRIMARY KEY,
    member_id BINARY(16) NOT NULL,
    created_at DATETIME(3) NOT NULL,
    expires_at DATETIME(3) NOT NULL,
    ended_at DATETIME(3) NULL,
    ended_by VARCHAR(16) CHARACTER SET ascii NULL,
    unannounced INT NULL,
    KEY sessions_of_member (member_id, id),
    KEY sessions_by_expiry (expires_at),
    KEY sessions_by_end (ended_at),
    KEY sessions_unannounced (unannounced)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`);

export const down = (knex: Knex) => knex.raw('DROP TABLE sessions');
