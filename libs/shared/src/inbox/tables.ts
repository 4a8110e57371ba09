import type { Knex } from 'knex';

/** Ids and names: compared byte by byte. */
const word = (length: number): string => `VARCHAR(${length}) CHARACTER SET ascii COLLATE ascii_bin`;

/**
 * For migrations: the inbox, and the retries of messages whose handling failed. The inbox holds each message's id once for each consumer, with
 * the reply that was sent; (created_at) is the index of its purge. The retries' (consumer, topic, message_key, id) finds what waits for a key.
 */
export const createInboxTable = async (knex: Knex): Promise<void> => {
  await knex.schema.createTable('inbox', (table) => {
    table.specificType('consumer', word(60)).notNullable();
    table.specificType('message_id', word(120)).notNullable();
    table.json('reply').nullable();
    table.specificType('created_at', 'DATETIME(3)').notNullable().defaultTo(knex.raw('CURRENT_TIMESTAMP(3)'));
    table.primary(['consumer', 'message_id']);
    table.index(['created_at']);
  });
  await knex.schema.createTable('retries', (table) => {
    table.bigIncrements('id');
    table.specificType('consumer', word(60)).notNullable();
    table.specificType('topic', word(120)).notNullable();
    table.specificType('message_key', word(64)).notNullable();
    table.specificType('message_id', word(120)).notNullable();
    table.integer('origin_partition').notNullable();
    table.string('origin_offset', 20).notNullable();
    table.specificType('payload', 'MEDIUMTEXT').notNullable();
    table.integer('attempts').notNullable();
    table.string('error', 1000).notNullable();
    table.specificType('due_at', 'DATETIME(3)').notNullable();
    table.specificType('created_at', 'DATETIME(3)').notNullable().defaultTo(knex.raw('CURRENT_TIMESTAMP(3)'));
    table.unique(['consumer', 'message_id']);
    table.index(['consumer', 'topic', 'message_key', 'id']);
    table.index(['consumer', 'due_at']);
  });
};
