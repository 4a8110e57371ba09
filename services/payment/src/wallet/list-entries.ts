import type { WalletEntry } from '@onsale/contracts/payment';
import type { Database } from '@onsale/shared/db';
import * as ledger from '../ledger/ledger-store.ts';
import { malformedCursor, pageOf, type Page } from '../pages/page-of.ts';

/** The first sequence that no entry reaches: where a list without a cursor begins. */
const NEWEST = Number.MAX_SAFE_INTEGER;

const sequenceOf = (cursor: string): number => {
  if (!/^[1-9][0-9]{0,14}$/.test(cursor)) throw malformedCursor();
  return Number(cursor);
};

/** A page of what came into and went out of a member's wallet, newest first. Pages do not shift when new entries come. */
export const listEntries =
  ({ db }: { db: Database }) =>
  async ({ memberId, limit, cursor }: { memberId: string; limit: number; cursor?: string | undefined }): Promise<Page<WalletEntry>> => {
    const before = cursor === undefined ? NEWEST : sequenceOf(cursor);
    const rows = await ledger.entriesBelow(db, { memberId, before, limit: limit + 1 });
    return pageOf(rows, limit, { itemOf: (row) => row.entry, cursorOf: (row) => String(row.sequence) });
  };
