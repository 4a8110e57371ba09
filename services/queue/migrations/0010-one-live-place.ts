import type { Knex } from 'knex';

/**
 * live_member: the member of a row without an end, so that its key can hold one live row a member: admission sees to it under the lock of the queue's
 * row, and this is the last guard. seen: the journal itself has told the owner of this admission that it is one, while Redis could not; it is no no-show.
 *
 * journal_ends counts how places ended.
 */
export const up = async (knex: Knex): Promise<void> => {
  await knex.raw(`ALTER TABLE journal
    ADD COLUMN live_member VARCHAR(22) CHARACTER SET ascii COLLATE ascii_bin
      GENERATED ALWAYS AS (CASE WHEN ended_at IS NULL THEN member ELSE NULL END) STORED,
    ADD COLUMN seen BOOLEAN NOT NULL DEFAULT FALSE,
    ADD UNIQUE KEY journal_one_live (queue_id, live_member),
    ADD KEY journal_ends (queue_id, ending)`);
};
