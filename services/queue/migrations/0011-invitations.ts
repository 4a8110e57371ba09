import type { Knex } from 'knex';

/**
 * Codes by which operators let members into lanes. code: SHA-256 of what the operator was shown. member, claimed_at: who showed it first, and when; it is
 * nobody else's from then on. number: the place that it gave that member. A place comes by one code at most.
 */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE invitations (
    queue_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    code BINARY(32) NOT NULL,
    lane VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    created_at DATETIME(3) NOT NULL,
    member VARCHAR(22) CHARACTER SET ascii COLLATE ascii_bin NULL,
    claimed_at DATETIME(3) NULL,
    number BIGINT NULL,
    PRIMARY KEY (queue_id, code),
    UNIQUE KEY invitations_places (queue_id, number)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci`);
