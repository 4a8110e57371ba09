import type { Knex } from 'knex';

/** The sessions of a member that have not ended are found without those that have: at every sign-in, for the limit. */
export const up = (knex: Knex) => knex.raw('ALTER TABLE sessions ADD KEY sessions_live_of_member (member_id, ended_at, id)');
