import type { Knex } from 'knex';

/** closed_by: the deletion of the member's account, from the moment in which nothing but what is owed to the wallet moves any more; it is not changed back once the account is gone. */
export const up = (knex: Knex) => knex.raw('ALTER TABLE wallets ADD COLUMN closed_by BINARY(16) NULL');
