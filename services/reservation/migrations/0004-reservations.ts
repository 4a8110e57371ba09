import type { Knex } from 'knex';

/**
 * A member's claim to seats. `expires_at` is what the member was told; `held_until` is how long the seats are kept, the same but for the payment's
 * grace while PAYING. It equals the `held_until` of its seats, so the two can never disagree about who has lapsed. `queue_number` is the place in
 * line that it came by, spent with the payment; `saga_id` the payment that has locked it.
 *
 * Indexes: (status, held_until, id) is the sweeper's claim, in its order; (member_id, id) a member's list, newest first.
 */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE reservations (
    id BINARY(16) NOT NULL PRIMARY KEY,
    member_id BINARY(16) NOT NULL,
    schedule_id BINARY(16) NOT NULL,
    queue_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    queue_number BIGINT NOT NULL,
    status VARCHAR(9) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    amount BIGINT NOT NULL,
    expires_at DATETIME(3) NOT NULL,
    held_until DATETIME(3) NOT NULL,
    saga_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
    version INT NOT NULL,
    created_at DATETIME(3) NOT NULL,
    KEY reservations_to_expire (status, held_until, id),
    KEY reservations_of_member (member_id, id)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci`);
