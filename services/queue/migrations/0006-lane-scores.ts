import type { Knex } from 'knex';

/**
 * Places are ordered by their score, in the lane that they stand in; both are in the journal, so that the order can be read from it.
 *
 * lane_state: JSON, for each lane that anybody was ever admitted from: `front`, the highest score admitted, and `credit`, by which lanes take turns.
 */
export const up = async (knex: Knex): Promise<void> => {
  await knex.raw('ALTER TABLE journal ADD COLUMN score BIGINT NULL AFTER lane');
  await knex.raw('UPDATE journal SET score = number');
  await knex.raw('ALTER TABLE journal MODIFY COLUMN score BIGINT NOT NULL');
  await knex.raw('ALTER TABLE queues ADD COLUMN lane_state TEXT CHARACTER SET ascii COLLATE ascii_bin NULL');
  await knex.raw(`UPDATE queues SET lane_state = CONCAT('{"standard":{"front":', front, ',"credit":0}}')`);
  await knex.raw('ALTER TABLE queues DROP COLUMN front, MODIFY COLUMN lane_state TEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL');
};
