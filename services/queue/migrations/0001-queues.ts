import type { Knex } from 'knex';

/**
 * Waiting rooms: what the operator set, and where admission stands. The lock of a queue's row is the lock of its admission.
 *
 * epoch: milliseconds since 1970, the origin of the queue's numbers. generation: the life of the line in Redis; 0 until it has had one.
 * last_number: no number above it has been given out, but for those of the last second. turn: admissions so far. front: the highest number admitted.
 * allowance, allowance_at: the token bucket of admit_per_second. longest_poll_ms: the longest rest that any waiter was ever told.
 * rest_until: nobody is admitted before it, so that the waiting can come back to a line that was lost.
 */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE queues (
    id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    state VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    epoch BIGINT NOT NULL,
    cap INT UNSIGNED NULL,
    admit_per_second DOUBLE NULL,
    capacity BIGINT NULL,
    window_seconds INT UNSIGNED NOT NULL,
    abandon_after_seconds INT UNSIGNED NOT NULL,
    on_expiry VARCHAR(7) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    token_life_seconds INT UNSIGNED NOT NULL,
    max_poll_seconds INT UNSIGNED NOT NULL,
    message VARCHAR(500) NULL,
    created_at DATETIME(3) NOT NULL,
    generation INT UNSIGNED NOT NULL,
    last_number BIGINT NOT NULL,
    turn BIGINT NOT NULL,
    front BIGINT NOT NULL,
    allowance DOUBLE NOT NULL,
    allowance_at DATETIME(3) NOT NULL,
    longest_poll_ms INT UNSIGNED NOT NULL,
    rest_until DATETIME(3) NULL,
    PRIMARY KEY (id)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci`);
