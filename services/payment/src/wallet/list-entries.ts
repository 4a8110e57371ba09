import type { WalletEntry } from '@onsale/contracts/payment';
import type { Database } from '@onsale/shared/db';
import { decodeCursor, pageOf, type Page } from '@onsale/shared/paging';
import { z } from 'zod';
import * as ledger from '../ledger/ledger-store.ts';

/** The first sequence that no entry reaches: where a list without a cursor begins. */
const NEWEST = Number.MAX_SAFE_INTEGER;

const Sequence = z.int().min(1);

/** A page of what came into and went out of a member's wallet, newest first. Pages do not shift when new entries come. */
export const listEntries =
  ({ db }: { db: Database }) =>
  async ({ memberId, limit, cursor }: { memberId: string; limit: number; cursor?: string | undefined }): Promise<Page<WalletEntry>> => {
    const before = decodeCursor(Sequence, cursor) ?? NEWEST;
    const rows = await ledger.entriesBelow(db, { memberId, before, limit: limit + 1 });
    return pageOf(rows, { limit, keyOf: (row) => row.sequence, view: (row) => row.entry });
  };
