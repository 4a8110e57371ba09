import type { Knex } from 'knex';

/** Paid orders by when they were paid: what was sold lately is added up from them, those that were cancelled left out. */
export const up = (knex: Knex) => knex.raw('ALTER TABLE orders ADD KEY orders_by_completion (completed_at, cancelled_at)');
