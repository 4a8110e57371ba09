import type { Knex } from 'knex';

/**
 * `live_reservation_id` repeats `reservation_id` until the payment has FAILED: one live payment a reservation and member. The member is in the
 * key so that a stranger, whose payment is refused only later, cannot keep the owner from paying meanwhile.
 */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE payments (
    id BINARY(16) NOT NULL PRIMARY KEY,
    member_id BINARY(16) NOT NULL,
    reservation_id BINARY(16) NOT NULL,
    live_reservation_id BINARY(16) NULL,
    amount BIGINT NULL,
    status VARCHAR(24) CHARACTER SET ascii NOT NULL,
    code VARCHAR(40) CHARACTER SET ascii NULL,
    version INT NOT NULL,
    created_at DATETIME(3) NOT NULL,
    completed_at DATETIME(3) NULL,
    KEY payments_of_member (member_id, id),
    UNIQUE KEY payments_one_live (live_reservation_id, member_id)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`);
