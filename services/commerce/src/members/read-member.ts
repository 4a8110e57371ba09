import type { Member } from '@onsale/contracts/commerce';
import type { Database } from '@onsale/shared/db';
import { notFound } from '@onsale/shared/errors';
import { findMember } from './member-store.ts';

/** A member, for operators. @throws Refusal NOT_FOUND */
export const readMember =
  ({ db }: { db: Database }) =>
  async (id: string): Promise<Member> => {
    const member = await findMember(db, id);
    if (member === undefined) throw notFound('member');
    return member;
  };
