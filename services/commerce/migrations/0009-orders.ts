import type { Knex } from 'knex';

/**
 * An order has its saga's id. `pay_until` is when a PENDING one is taken back, NULL from its end on, so that its index holds only what may still lapse.
 * `cancellation_id` is the saga of its cancellation: the last one, as one that was refused may be tried again.
 */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE orders (
    id BINARY(16) NOT NULL PRIMARY KEY,
    member_id BINARY(16) NOT NULL,
    status VARCHAR(16) CHARACTER SET ascii NOT NULL,
    code VARCHAR(40) CHARACTER SET ascii NULL,
    subtotal BIGINT NOT NULL,
    discount BIGINT NOT NULL,
    total BIGINT NOT NULL,
    member_coupon_id BINARY(16) NULL,
    coupon_id BINARY(16) NULL,
    cancellation_id BINARY(16) NULL,
    version INT NOT NULL,
    created_at DATETIME(3) NOT NULL,
    pay_until DATETIME(3) NULL,
    completed_at DATETIME(3) NULL,
    cancelled_at DATETIME(3) NULL,
    KEY orders_of_member (member_id, id),
    KEY orders_by_pay_until (pay_until),
    KEY orders_of_member_coupon (member_coupon_id),
    CONSTRAINT orders_add_up CHECK (discount >= 0 AND total >= 0 AND subtotal = discount + total)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`);
