import type { Knex } from 'knex';

/**
 * Coupons that are given out first come, first served. `issued` is how many rows of `member_coupons` there are, never above `total`. `life` is that of
 * the counters in Redis: it is a new one whenever they are put together again and whenever an operator changes the coupon, and nothing is issued by
 * what was decided in an older one. `discount_max` is of a PERCENT alone.
 */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE coupons (
    id BINARY(16) NOT NULL PRIMARY KEY,
    name VARCHAR(100) NOT NULL,
    discount_type VARCHAR(16) CHARACTER SET ascii NOT NULL,
    discount_value BIGINT NOT NULL,
    discount_max BIGINT NULL,
    total INT NOT NULL,
    issued INT NOT NULL DEFAULT 0,
    active BOOLEAN NOT NULL,
    life BINARY(16) NOT NULL,
    issue_from DATETIME(3) NOT NULL,
    issue_until DATETIME(3) NOT NULL,
    valid_until DATETIME(3) NOT NULL,
    created_at DATETIME(3) NOT NULL,
    KEY coupons_by_end (issue_until),
    CONSTRAINT coupons_never_over_issued CHECK (issued BETWEEN 0 AND total)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`);
