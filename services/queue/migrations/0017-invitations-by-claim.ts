import type { Knex } from 'knex';

/** For the purge of those that are used up, longest ago first. */
export const up = (knex: Knex) => knex.raw('ALTER TABLE invitations ADD KEY invitations_by_claim (claimed_at)');
