import type { Knex } from 'knex';

/**
 * For migrations: what operators, and the fleet itself, changed; rows are never changed. `actor` is a member's id, or `system`. The index (subject, id)
 * reads the history of one thing.
 */
export const createAuditTable = async (knex: Knex): Promise<void> => {
  await knex.raw(`CREATE TABLE audit (
    id BIGINT NOT NULL AUTO_INCREMENT,
    at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    actor VARCHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    action VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    subject VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    before_change JSON NULL,
    after_change JSON NOT NULL,
    PRIMARY KEY (id),
    KEY audit_of (subject, id)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci`);
};
