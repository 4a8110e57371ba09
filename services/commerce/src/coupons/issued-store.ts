import type { MemberCoupon } from '@onsale/contracts/commerce';
import type { Queryable, Trx } from '@onsale/shared/db';
import { bytesToId, idToBytes } from '@onsale/shared/ids';
import { discountIn, type DiscountColumns } from './coupon-store.ts';

/** What of a coupon a member has. */
export interface Issued {
  readonly id: string;
  readonly memberId: string;
}

interface IssuedRow {
  readonly id: Buffer;
  readonly member_id: Buffer;
}

const issuedOf = ({ id, member_id }: IssuedRow): Issued => ({ id: bytesToId(id), memberId: bytesToId(member_id) });

/** One statement, whatever their number. Two of one coupon in one member's hands are a violation of the unique key. */
export const insertIssued = async (
  trx: Trx,
  { couponId, issued, at }: { couponId: string; issued: readonly Issued[]; at: Date },
): Promise<void> => {
  const rows = issued.map(({ id, memberId }) => ({
    id: idToBytes(id),
    coupon_id: idToBytes(couponId),
    member_id: idToBytes(memberId),
    status: 'ISSUED',
    issued_at: at,
  }));
  await trx('member_coupons').insert(rows);
};

/** Those of the members who have one, by member. */
export const findIssued = async (
  db: Queryable,
  { couponId, memberIds }: { couponId: string; memberIds: readonly string[] },
): Promise<Map<string, Issued>> => {
  const rows: IssuedRow[] = await db('member_coupons')
    .where({ coupon_id: idToBytes(couponId) })
    .whereIn('member_id', memberIds.map(idToBytes))
    .select('id', 'member_id');
  return new Map(rows.map((row) => [bytesToId(row.member_id), issuedOf(row)]));
};

/** When it was issued; `undefined` when there is none by this id. */
export const findIssuedAt = async (db: Queryable, id: string): Promise<Date | undefined> =>
  (
    await db('member_coupons')
      .where({ id: idToBytes(id) })
      .first<{ issued_at: Date } | undefined>('issued_at')
  )?.issued_at;

/** All of a coupon that was issued, in steps by member: read from the unique key alone. */
export async function* allIssued(db: Queryable, { couponId, step }: { couponId: string; step: number }): AsyncGenerator<Issued[]> {
  for (let above: Buffer = Buffer.alloc(0); ;) {
    const rows: IssuedRow[] = await db('member_coupons')
      .where({ coupon_id: idToBytes(couponId) })
      .where('member_id', '>', above)
      .orderBy('member_id')
      .limit(step)
      .select('id', 'member_id');
    if (rows.length > 0) yield rows.map(issuedOf);
    if (rows.length < step) return;
    above = rows.at(-1)!.member_id;
  }
}

interface MineRow extends IssuedRow, DiscountColumns {
  readonly coupon_id: Buffer;
  readonly name: string;
  readonly status: 'ISSUED' | 'RESERVED' | 'USED';
  readonly over: number;
  readonly valid_until: Date;
  readonly issued_at: Date;
}

const mineOf = (row: MineRow): MemberCoupon => ({
  id: bytesToId(row.id),
  couponId: bytesToId(row.coupon_id),
  name: row.name,
  discount: discountIn(row),
  status: row.status === 'ISSUED' && row.over === 1 ? 'EXPIRED' : row.status,
  validUntil: row.valid_until.toISOString(),
  issuedAt: row.issued_at.toISOString(),
});

/** A member's coupons with ids below `before`, newest first; what was not used in time is EXPIRED by the database's clock. */
export const listMineBelow = async (
  db: Queryable,
  { memberId, before, limit }: { memberId: string; before: string; limit: number },
): Promise<MemberCoupon[]> => {
  const rows: MineRow[] = await db('member_coupons AS m')
    .join('coupons AS c', 'c.id', 'm.coupon_id')
    .where('m.member_id', idToBytes(memberId))
    .where('m.id', '<', idToBytes(before))
    .orderBy('m.id', 'desc')
    .limit(limit)
    .select('m.id', 'm.member_id', 'm.coupon_id', 'm.status', 'm.issued_at')
    .select('c.name', 'c.discount_type', 'c.discount_value', 'c.discount_max', 'c.valid_until', {
      over: db.raw('c.valid_until <= NOW(3)'),
    });
  return rows.map(mineOf);
};
