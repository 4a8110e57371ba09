import type { Knex } from 'knex';

/**
 * For migrations: the outbox, and the leases by which relays own its shards. The index (shard, id) is the relay's read: the lowest ids of
 * one shard.
 */
export const createOutboxTables = async (knex: Knex): Promise<void> => {
  await knex.schema.createTable('outbox', (table) => {
    table.bigIncrements('id');
    table.tinyint('shard').unsigned().notNullable();
    table.string('aggregate', 64).notNullable();
    table.string('topic', 120).notNullable();
    table.string('message_key', 64).notNullable();
    table.json('headers').notNullable();
    table.specificType('payload', 'MEDIUMTEXT').notNullable();
    table.specificType('created_at', 'DATETIME(3)').notNullable().defaultTo(knex.raw('CURRENT_TIMESTAMP(3)'));
    table.index(['shard', 'id']);
  });
  await knex.schema.createTable('leases', (table) => {
    table.string('name', 80).notNullable().primary();
    table.string('owner', 64).notNullable();
    table.specificType('until', 'DATETIME(3)').notNullable();
  });
};
