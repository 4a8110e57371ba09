import { Id } from '@onsale/contracts';
import type { Payment } from '@onsale/contracts/payment';
import type { Database } from '@onsale/shared/db';
import { malformedCursor, pageOf, type Page } from '../pages/page-of.ts';
import * as payments from './payment-store.ts';

/** Above every id: where a list without a cursor begins. */
const NEWEST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** A page of a member's payments, newest first; the cursor is the last payment shown. */
export const listPayments =
  ({ db }: { db: Database }) =>
  async ({ memberId, limit, cursor }: { memberId: string; limit: number; cursor?: string | undefined }): Promise<Page<Payment>> => {
    if (cursor !== undefined && !Id.safeParse(cursor).success) throw malformedCursor();
    const rows = await payments.listBelow(db, { memberId, before: cursor ?? NEWEST, limit: limit + 1 });
    return pageOf(rows, limit, { itemOf: (payment) => payment, cursorOf: (payment) => payment.id });
  };
