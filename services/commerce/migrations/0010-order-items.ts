import type { Knex } from 'knex';

/** What an order is about, at the prices of its moment. Rows are never changed. */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE order_items (
    order_id BINARY(16) NOT NULL,
    product_id BINARY(16) NOT NULL,
    quantity BIGINT NOT NULL,
    unit_price BIGINT NOT NULL,
    PRIMARY KEY (order_id, product_id),
    KEY order_items_of_product (product_id),
    CONSTRAINT order_items_are_some CHECK (quantity > 0)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`);
