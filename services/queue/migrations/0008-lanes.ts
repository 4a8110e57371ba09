import type { Knex } from 'knex';

/** lanes: JSON, the lanes that the operator set, with their weights; the standard one is there without being named. */
export const up = async (knex: Knex): Promise<void> => {
  await knex.raw('ALTER TABLE queues ADD COLUMN lanes TEXT CHARACTER SET ascii COLLATE ascii_bin NULL AFTER max_poll_seconds');
  await knex.raw(`UPDATE queues SET lanes = '[]'`);
  await knex.raw('ALTER TABLE queues MODIFY COLUMN lanes TEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL');
};
