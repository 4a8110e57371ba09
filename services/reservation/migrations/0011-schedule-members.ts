import type { Knex } from 'knex';

/**
 * A row for each member who has asked for seats of a schedule. It says nothing: its lock lets a member's holds of that schedule happen one after the
 * other, so that what the member has already is counted right.
 */
export const up = (knex: Knex) =>
  knex.raw(`CREATE TABLE schedule_members (
    schedule_id BINARY(16) NOT NULL,
    member_id BINARY(16) NOT NULL,
    PRIMARY KEY (schedule_id, member_id)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci`);
