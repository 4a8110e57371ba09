import { Id } from '@onsale/contracts';
import type { Payment } from '@onsale/contracts/payment';
import type { Database } from '@onsale/shared/db';
import { decodeCursor, pageOf, type Page } from '@onsale/shared/paging';
import * as payments from './payment-store.ts';

/** Above every id: where a list without a cursor begins. */
const NEWEST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** A page of a member's payments, newest first; the cursor is the last payment shown. */
export const listPayments =
  ({ db }: { db: Database }) =>
  async ({ memberId, limit, cursor }: { memberId: string; limit: number; cursor?: string | undefined }): Promise<Page<Payment>> => {
    const before = decodeCursor(Id, cursor) ?? NEWEST;
    const rows = await payments.listBelow(db, { memberId, before, limit: limit + 1 });
    return pageOf(rows, { limit, keyOf: (payment) => payment.id, view: (payment) => payment });
  };
