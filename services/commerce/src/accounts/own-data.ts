import type { sectionsOf } from '@onsale/contracts';
import type { Trx } from '@onsale/shared/db';
import { bytesToId, idToBytes } from '@onsale/shared/ids';
import type { SectionReader } from '@onsale/shared/member-data';
import { findMember } from '../members/member-store.ts';

type OwnSection = (typeof sectionsOf)['commerce'][number];

/** A row as the member reads it: ids in their text, times in RFC 3339, what is not there left out. */
const shown = (row: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) => {
      if (value === null) return [];
      if (Buffer.isBuffer(value)) return [[name, bytesToId(value)]];
      return [[name, value instanceof Date ? value.toISOString() : value]];
    }),
  );

const newest = async (trx: Trx, table: string, columns: Readonly<Record<string, string>>, memberId: string, limit: number) => {
  const rows: Record<string, unknown>[] = await trx(table)
    .where({ [`${table}.member_id`]: idToBytes(memberId) })
    .orderBy(`${table}.id`, 'desc')
    .limit(limit)
    .select(columns);
  return rows.map(shown);
};

const sessions: SectionReader = (trx, { memberId, limit }) =>
  newest(
    trx,
    'sessions',
    { id: 'id', createdAt: 'created_at', expiresAt: 'expires_at', endedAt: 'ended_at', endedBy: 'ended_by' },
    memberId,
    limit,
  );

const orders: SectionReader = async (trx, { memberId, limit }) => {
  const columns = {
    id: 'id',
    status: 'status',
    code: 'code',
    subtotal: 'subtotal',
    discount: 'discount',
    total: 'total',
    couponId: 'coupon_id',
    createdAt: 'created_at',
    completedAt: 'completed_at',
    cancelledAt: 'cancelled_at',
  };
  const found = await newest(trx, 'orders', columns, memberId, limit);
  const items: Record<string, unknown>[] = await trx('order_items')
    .whereIn(
      'order_id',
      found.map(({ id }) => idToBytes(id as string)),
    )
    .orderBy(['order_id', 'product_id'])
    .select({ orderId: 'order_id', productId: 'product_id', quantity: 'quantity', unitPrice: 'unit_price' });
  const itemsOf = Map.groupBy(items.map(shown), ({ orderId }) => orderId);
  return found.map((order) => ({ ...order, items: (itemsOf.get(order['id']) ?? []).map(({ orderId: _order, ...item }) => item) }));
};

const coupons: SectionReader = (trx, { memberId, limit }) =>
  newest(
    trx,
    'member_coupons',
    { id: 'id', couponId: 'coupon_id', status: 'status', orderId: 'order_id', issuedAt: 'issued_at' },
    memberId,
    limit,
  );

/** What commerce itself keeps of a member. */
export const ownData: Readonly<Record<OwnSection, SectionReader>> = {
  member: async (trx, { memberId }) => {
    const member = await findMember(trx, memberId);
    return member === undefined ? [] : [member];
  },
  sessions,
  orders,
  coupons,
};
