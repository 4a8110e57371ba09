import type { Knex } from 'knex';

/**
 * Whose coupon is where: ISSUED -> RESERVED (by `order_id`) -> USED, and back. That it has expired is its coupon's to say. The unique key is the last
 * guard of one coupon a member; with the primary key in it, it is also all that the counters are put together from.
 */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE member_coupons (
    id BINARY(16) NOT NULL PRIMARY KEY,
    coupon_id BINARY(16) NOT NULL,
    member_id BINARY(16) NOT NULL,
    status VARCHAR(16) CHARACTER SET ascii NOT NULL,
    order_id BINARY(16) NULL,
    issued_at DATETIME(3) NOT NULL,
    UNIQUE KEY member_coupons_one_each (coupon_id, member_id),
    KEY member_coupons_of_member (member_id, id)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`);
