import type { Knex } from 'knex';

/** For migrations of orchestrators: one row a saga. (next_action_at) is the sweeper's read, (flag) the operator's; ended sagas have neither. */
export const createSagaTable = async (knex: Knex): Promise<void> => {
  await knex.schema.createTable('sagas', (table) => {
    table.binary('id', 16).notNullable().primary();
    table.string('type', 40).notNullable();
    table.string('step', 40).notNullable();
    table.string('status', 16).notNullable();
    table.string('flag', 32).nullable();
    table.json('data').notNullable();
    table.integer('attempts').notNullable().defaultTo(0);
    table.specificType('next_action_at', 'DATETIME(3)').nullable();
    table.integer('version').notNullable().defaultTo(1);
    table.specificType('created_at', 'DATETIME(3)').notNullable().defaultTo(knex.raw('CURRENT_TIMESTAMP(3)'));
    table.specificType('updated_at', 'DATETIME(3)').notNullable().defaultTo(knex.raw('CURRENT_TIMESTAMP(3)'));
    table.index(['next_action_at']);
    table.index(['flag']);
  });
};
