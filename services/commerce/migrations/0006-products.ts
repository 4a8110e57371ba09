import type { Knex } from 'knex';

/**
 * What is sold, and for how many points. `per_member_limit` is how many one member may have, NULL no limit; `queue_id` the waiting room whose token an
 * order of it needs, NULL none. What there is of it stands in `stock`, so that an order's lock does not hold up a change of the name.
 */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE products (
    id BINARY(16) NOT NULL PRIMARY KEY,
    name VARCHAR(200) NOT NULL,
    price BIGINT NOT NULL,
    on_sale BOOLEAN NOT NULL,
    per_member_limit INT NULL,
    queue_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL,
    version INT NOT NULL,
    created_at DATETIME(3) NOT NULL,
    CONSTRAINT products_have_a_price CHECK (price >= 0)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`);
