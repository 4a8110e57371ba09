import type { Knex } from 'knex';

/**
 * How many of a product a member has: in orders that are paid, or still may be. Counted for every product, also for one without a limit, so that a limit that is
 * set later holds for what was bought before it.
 */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE member_quantities (
    product_id BINARY(16) NOT NULL,
    member_id BINARY(16) NOT NULL,
    quantity BIGINT NOT NULL,
    PRIMARY KEY (product_id, member_id),
    CONSTRAINT member_quantities_never_negative CHECK (quantity >= 0)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`);
