import type { Member } from '@onsale/contracts/commerce';
import type { Database } from '@onsale/shared/db';
import { Refusal } from '@onsale/shared/errors';
import { findMember } from './member-store.ts';

/** The member that the session belongs to. @throws Refusal UNAUTHENTICATED when there is none any more: the token outlived its member */
export const readMe =
  ({ db }: { db: Database }) =>
  async (memberId: string): Promise<Member> => {
    const member = await findMember(db, memberId);
    if (member === undefined) throw new Refusal('UNAUTHENTICATED', 'The member of this session is no more.');
    return member;
  };
