import type { Discount } from '@onsale/contracts/commerce';
import type { Queryable, Trx } from '@onsale/shared/db';
import { bytesToId, idToBytes } from '@onsale/shared/ids';
import type { Coupon, CouponSettings } from './coupon.ts';

/** A discount as the coupons' table has it. */
export interface DiscountColumns {
  readonly discount_type: Discount['type'];
  readonly discount_value: number;
  readonly discount_max: number | null;
}

interface Row extends DiscountColumns {
  readonly id: Buffer;
  readonly name: string;
  readonly total: number;
  readonly issued: number;
  readonly active: number;
  readonly life: Buffer;
  readonly issue_from: Date;
  readonly issue_until: Date;
  readonly valid_until: Date;
  readonly created_at: Date;
}

const COLUMNS = [
  'id',
  'name',
  'discount_type',
  'discount_value',
  'discount_max',
  'total',
  'issued',
  'active',
  'life',
  'issue_from',
  'issue_until',
  'valid_until',
  'created_at',
] as const;

export const discountIn = ({ discount_type: type, discount_value: value, discount_max: max }: DiscountColumns): Discount => {
  switch (type) {
    case 'PERCENT':
      return { type, value, ...(max !== null && { max }) };
    case 'AMOUNT':
      return { type, value };
  }
};

const couponOf = (row: Row): Coupon => ({
  id: bytesToId(row.id),
  name: row.name,
  discount: discountIn(row),
  total: row.total,
  issued: row.issued,
  active: row.active === 1,
  life: bytesToId(row.life),
  issueFrom: row.issue_from,
  issueUntil: row.issue_until,
  validUntil: row.valid_until,
  createdAt: row.created_at,
});

const settingsRow = ({ name, total, active, issueFrom, issueUntil, validUntil }: CouponSettings) => ({
  name,
  total,
  active,
  issue_from: issueFrom,
  issue_until: issueUntil,
  valid_until: validUntil,
});

export const insertCoupon = async (db: Queryable, coupon: Omit<Coupon, 'issued'>): Promise<void> => {
  const { id, discount, life, createdAt } = coupon;
  await db('coupons').insert({
    id: idToBytes(id),
    ...settingsRow(coupon),
    discount_type: discount.type,
    discount_value: discount.value,
    discount_max: discount.type === 'PERCENT' ? (discount.max ?? null) : null,
    life: idToBytes(life),
    created_at: createdAt,
  });
};

export const findCoupon = async (db: Queryable, id: string): Promise<Coupon | undefined> => {
  const row: Row | undefined = await db('coupons')
    .where({ id: idToBytes(id) })
    .first(COLUMNS);
  return row && couponOf(row);
};

/** Nothing of it is issued, and no operator or other replica changes it, until the transaction ends. */
export const lockCoupon = async (trx: Trx, id: string): Promise<Coupon | undefined> => {
  const row: Row | undefined = await trx('coupons')
    .where({ id: idToBytes(id) })
    .forUpdate()
    .first(COLUMNS);
  return row && couponOf(row);
};

/** Writes what an operator has changed of a locked coupon, and with it the new life. */
export const updateCoupon = async (trx: Trx, { id, life, ...settings }: Coupon): Promise<void> => {
  await trx('coupons')
    .where({ id: idToBytes(id) })
    .update({ ...settingsRow(settings), life: idToBytes(life) });
};

export const beginLife = async (trx: Trx, { id, life }: Pick<Coupon, 'id' | 'life'>): Promise<void> => {
  await trx('coupons')
    .where({ id: idToBytes(id) })
    .update({ life: idToBytes(life) });
};

/** So many more are issued. False, and nothing changed, when there are not so many left. */
export const addIssued = async (trx: Trx, { id, count }: { id: string; count: number }): Promise<boolean> => {
  const changed = await trx('coupons')
    .where({ id: idToBytes(id) })
    .whereRaw('issued + ? <= total', [count])
    .update({ issued: trx.raw('issued + ?', [count]) });
  return changed === 1;
};

/** Coupons with ids below `before`, newest first: UUIDv7 ids rise with time. `open`: those alone that are to be had now or later. */
export const listCouponsBelow = async (
  db: Queryable,
  { before, limit, open }: { before: string; limit: number; open: boolean },
): Promise<Coupon[]> => {
  const rows = db('coupons').select<Row[]>(COLUMNS).where('id', '<', idToBytes(before)).orderBy('id', 'desc').limit(limit);
  if (open) void rows.where({ active: true }).where('issue_until', '>', db.raw('NOW(3)'));
  return (await rows).map(couponOf);
};

/** Coupons that may have somebody pending, all of them, in steps by id: switched on, about to begin or begun, and not a day over. */
export async function* couponsAtWork(db: Queryable, { step }: { step: number }): AsyncGenerator<Coupon[]> {
  for (let above: Buffer = Buffer.alloc(0); ;) {
    const rows: Row[] = await db('coupons')
      .where({ active: true })
      .where('issue_until', '>', db.raw('NOW(3) - INTERVAL 1 DAY'))
      .where('issue_from', '<', db.raw('NOW(3) + INTERVAL 1 MINUTE'))
      .where('id', '>', above)
      .orderBy('id')
      .limit(step)
      .select(COLUMNS);
    if (rows.length > 0) yield rows.map(couponOf);
    if (rows.length < step) return;
    above = rows.at(-1)!.id;
  }
}
