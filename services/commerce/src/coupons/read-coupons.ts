import { Id } from '@onsale/contracts';
import type { Coupon as CouponView, MemberCoupon } from '@onsale/contracts/commerce';
import type { Database } from '@onsale/shared/db';
import { notFound } from '@onsale/shared/errors';
import { decodeCursor, pageOf, type Page } from '@onsale/shared/paging';
import { findCoupon, listCouponsBelow } from './coupon-store.ts';
import { viewOf } from './coupon.ts';
import { listMineBelow } from './issued-store.ts';

interface Wanted {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Above every id: where a list without a cursor begins. */
const NEWEST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** What is read of coupons, by members and by operators. @throws Refusal NOT_FOUND; VALIDATION_FAILED for a cursor of another list */
export const readCoupons = ({ db }: { db: Database }) => {
  const list = async ({ limit, cursor, open }: Wanted & { open: boolean }): Promise<Page<CouponView>> => {
    const before = decodeCursor(Id, cursor) ?? NEWEST;
    const rows = await listCouponsBelow(db, { before, limit: limit + 1, open });
    return pageOf(rows, { limit, keyOf: ({ id }) => id, view: viewOf });
  };
  return {
    /** All of them, newest first. */
    all: (wanted: Wanted) => list({ ...wanted, open: false }),

    /** Those that are to be had now or later, newest first. */
    open: (wanted: Wanted) => list({ ...wanted, open: true }),

    one: async (id: string): Promise<CouponView> => {
      const coupon = await findCoupon(db, id);
      if (coupon === undefined) throw notFound('coupon');
      return viewOf(coupon);
    },

    /** What a member has, newest first. */
    mine: async ({ memberId, limit, cursor }: Wanted & { memberId: string }): Promise<Page<MemberCoupon>> => {
      const before = decodeCursor(Id, cursor) ?? NEWEST;
      const rows = await listMineBelow(db, { memberId, before, limit: limit + 1 });
      return pageOf(rows, { limit, keyOf: ({ id }) => id, view: (coupon) => coupon });
    },
  };
};
