import { Id } from '@onsale/contracts';
import type { Member } from '@onsale/contracts/commerce';
import type { Database } from '@onsale/shared/db';
import { decodeCursor, pageOf, type Page } from '@onsale/shared/paging';
import { listMembers as findMembers } from './member-store.ts';

interface Wanted {
  readonly email?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Members in the order in which they came, or the one with an email. @throws Refusal VALIDATION_FAILED for a cursor of another list */
export const listMembers =
  ({ db }: { db: Database }) =>
  async ({ email, limit, cursor }: Wanted): Promise<Page<Member>> => {
    const rows = await findMembers(db, { email, after: decodeCursor(Id, cursor), limit: limit + 1 });
    return pageOf(rows, { limit, keyOf: ({ id }) => id, view: (member) => member });
  };
