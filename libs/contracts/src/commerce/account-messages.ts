import { z } from 'zod';
import { event } from '../message.ts';
import { Id } from '../shapes.ts';

/**
 * An account is no more. Who keeps anything by the member's id erases what tells of a person, and keeps what others rely on. `giveUpBalance`: the member has agreed that
 * the points which are left go with it.
 */
export const memberDeleted = event({
  owner: 'commerce',
  type: 'onsale.commerce.member-deleted.v1',
  data: z.object({ memberId: Id, deletionId: Id, giveUpBalance: z.boolean() }),
});

/** A member wants to see what is kept of it. Every owner answers with `memberData`, the newest `most` of each of its sections. */
export const memberDataRequested = event({
  owner: 'commerce',
  type: 'onsale.commerce.member-data-requested.v1',
  data: z.object({ exportId: Id, memberId: Id, most: z.int().min(1) }),
});
