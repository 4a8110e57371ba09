import type { Knex } from 'knex';

/**
 * What there is of each product: free, and reserved by orders that are not paid yet. `stocked` is all that ever came in, less what was taken out again: it is
 * always what is free, reserved and sold (I3); what is sold, the orders say.
 */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE stock (
    product_id BINARY(16) NOT NULL PRIMARY KEY,
    available BIGINT NOT NULL,
    reserved BIGINT NOT NULL,
    stocked BIGINT NOT NULL,
    CONSTRAINT stock_never_negative CHECK (available >= 0 AND reserved >= 0)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`);
