import type { Knex } from 'knex';

/**
 * What the public lists are read by: one index a sort, of which the direction does not matter, and the words of names, by which they are searched. A word is
 * looked up by its beginning; that one product has it, by the second index. Names and words compare as text does for people: without case and accents.
 */
export const up = async (knex: Knex) => {
  await knex.raw(`ALTER TABLE products
    MODIFY name VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci NOT NULL,
    ADD KEY products_on_sale (on_sale, id),
    ADD KEY products_by_name (on_sale, name, id),
    ADD KEY products_by_price (on_sale, price, id)`);
  await knex.raw(`CREATE TABLE product_words (
    word VARCHAR(40) NOT NULL,
    product_id BINARY(16) NOT NULL,
    PRIMARY KEY (word, product_id),
    KEY words_of_product (product_id, word)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci`);
};
