import type { Knex } from 'knex';

/** The parts of an export as their owners told them; a section is whole when it has `parts` rows. */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE data_export_parts (
    export_id BINARY(16) NOT NULL,
    section VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    part INT NOT NULL,
    parts INT NOT NULL,
    truncated BOOLEAN NOT NULL,
    items MEDIUMTEXT NOT NULL,
    PRIMARY KEY (export_id, section, part)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`);
