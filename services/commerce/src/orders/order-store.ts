import type { Code } from '@onsale/contracts';
import type { OrderItem, OrderOfMember, OrderStatus } from '@onsale/contracts/commerce';
import type { Database, Queryable, Trx } from '@onsale/shared/db';
import { bytesToId, idToBytes } from '@onsale/shared/ids';
import { sagasEnded } from '@onsale/shared/saga';
import type { OrderDraft } from './order-draft.ts';

interface OrderRow {
  readonly id: Buffer;
  readonly member_id: Buffer;
  readonly status: OrderStatus;
  readonly code: Code | null;
  readonly subtotal: number;
  readonly discount: number;
  readonly total: number;
  readonly member_coupon_id: Buffer | null;
  readonly coupon_id: Buffer | null;
  readonly cancellation_id: Buffer | null;
  readonly version: number;
  readonly created_at: Date;
  readonly completed_at: Date | null;
  readonly cancelled_at: Date | null;
}

const COLUMNS = [
  'id',
  'member_id',
  'status',
  'code',
  'subtotal',
  'discount',
  'total',
  'member_coupon_id',
  'coupon_id',
  'cancellation_id',
  'version',
  'created_at',
  'completed_at',
  'cancelled_at',
] as const;

/** An order as its own service knows it. */
export interface StoredOrder extends OrderOfMember {
  /** The saga of its last cancellation. */
  readonly cancellationId?: string;
  /** Rises with every change; the `sequence` of its events. */
  readonly version: number;
}

interface ItemRow {
  readonly product_id: Buffer;
  readonly quantity: number;
  readonly unit_price: number;
}

const itemOf = ({ product_id, quantity, unit_price }: ItemRow): OrderItem => ({
  productId: bytesToId(product_id),
  quantity,
  unitPrice: unit_price,
});

const orderOf = (row: OrderRow, items: OrderItem[]): StoredOrder => ({
  id: bytesToId(row.id),
  memberId: bytesToId(row.member_id),
  status: row.status,
  ...(row.code === null ? {} : { code: row.code }),
  items,
  subtotal: row.subtotal,
  discount: row.discount,
  total: row.total,
  ...(row.coupon_id === null ? {} : { couponId: bytesToId(row.coupon_id) }),
  ...(row.member_coupon_id === null ? {} : { memberCouponId: bytesToId(row.member_coupon_id) }),
  ...(row.cancellation_id === null ? {} : { cancellationId: bytesToId(row.cancellation_id) }),
  version: row.version,
  createdAt: row.created_at.toISOString(),
  ...(row.completed_at === null ? {} : { completedAt: row.completed_at.toISOString() }),
  ...(row.cancelled_at === null ? {} : { cancelledAt: row.cancelled_at.toISOString() }),
});

/** The items of orders, by order, ids ascending; for all of a page by one query. */
const itemsOf = async (db: Queryable, ids: readonly Buffer[]): Promise<ReadonlyMap<string, OrderItem[]>> => {
  const rows: (ItemRow & { order_id: Buffer })[] = await db('order_items')
    .whereIn('order_id', ids)
    .orderBy(['order_id', 'product_id'])
    .select('order_id', 'product_id', 'quantity', 'unit_price');
  const items = new Map(ids.map((id): [string, OrderItem[]] => [bytesToId(id), []]));
  for (const row of rows) items.get(bytesToId(row.order_id))?.push(itemOf(row));
  return items;
};

const withItems = async (db: Queryable, rows: readonly OrderRow[]): Promise<StoredOrder[]> => {
  if (rows.length === 0) return [];
  const items = await itemsOf(
    db,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => orderOf(row, items.get(bytesToId(row.id)) ?? []));
};

export interface NewOrder extends OrderDraft {
  readonly discount: number;
  readonly couponId?: string;
}

/** PENDING orders with their items, to be paid within `payWithinMs` by the database's clock: two statements for all of them. */
export const insertOrders = async (trx: Trx, orders: readonly NewOrder[], payWithinMs: number): Promise<void> => {
  await trx('orders').insert(
    orders.map(({ id, memberId, subtotal, discount, memberCouponId, couponId, at }) => ({
      id: idToBytes(id),
      member_id: idToBytes(memberId),
      status: 'PENDING' satisfies OrderStatus,
      subtotal,
      discount,
      total: subtotal - discount,
      member_coupon_id: memberCouponId === undefined ? null : idToBytes(memberCouponId),
      coupon_id: couponId === undefined ? null : idToBytes(couponId),
      version: 1,
      created_at: at,
      pay_until: trx.raw('NOW(3) + INTERVAL ? MICROSECOND', [payWithinMs * 1000]),
    })),
  );
  await trx('order_items').insert(
    orders.flatMap(({ id, items }) =>
      items.map(({ productId, quantity, unitPrice }) => ({
        order_id: idToBytes(id),
        product_id: idToBytes(productId),
        quantity,
        unit_price: unitPrice,
      })),
    ),
  );
};

/** Orders with their items by one query, a row an item: most of what is read of orders is this. */
const select = (db: Queryable, ids: readonly string[]) =>
  db('orders as o')
    .join('order_items as i', 'i.order_id', 'o.id')
    .whereIn('o.id', ids.map(idToBytes))
    .orderBy(['o.id', 'i.product_id'])
    .select<(OrderRow & ItemRow)[]>(...COLUMNS.map((column) => `o.${column}`), 'i.product_id', 'i.quantity', 'i.unit_price');

/** Those of the orders that there are, by id. */
export const findOrders = async (db: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, StoredOrder>> => {
  const ofOrders = Map.groupBy(await select(db, ids), ({ id }) => bytesToId(id));
  return new Map([...ofOrders].map(([id, rows]) => [id, orderOf(rows[0]!, rows.map(itemOf))]));
};

/** One order, whoever's it is, or only if it is the member's; nobody else changes it until the transaction ends. */
export const lockOrder = async (trx: Trx, { id, memberId }: { id: string; memberId?: string }): Promise<StoredOrder | undefined> => {
  const query = select(trx, [id]);
  if (memberId !== undefined) void query.where('o.member_id', idToBytes(memberId));
  const rows = await query.forUpdate();
  return rows[0] && orderOf(rows[0], rows.map(itemOf));
};

/** Orders with ids below `before`, newest first: UUIDv7 ids rise with time. */
export const listBelow = async (
  db: Queryable,
  { memberId, before, limit }: { memberId: string | undefined; before: string | undefined; limit: number },
): Promise<StoredOrder[]> => {
  const query = db('orders').orderBy('id', 'desc').limit(limit);
  if (memberId !== undefined) void query.where('member_id', idToBytes(memberId));
  if (before !== undefined) void query.where('id', '<', idToBytes(before));
  const rows: OrderRow[] = await query.select(COLUMNS);
  return withItems(db, rows);
};

interface Change {
  readonly from: OrderStatus;
  readonly to: OrderStatus;
  readonly code?: Code;
  readonly completedAt?: Date;
  readonly cancelledAt?: Date;
  readonly cancellationId?: string;
}

/** Moves an order on, whose row the caller has locked and whose state it has judged; from its first move on it cannot lapse. */
export const moveOrder = async (
  trx: Trx,
  id: string,
  { from, to, code, completedAt, cancelledAt, cancellationId }: Change,
): Promise<void> => {
  const changed = await trx('orders')
    .where({ id: idToBytes(id), status: from })
    .update({
      status: to,
      code: code ?? null,
      pay_until: null,
      version: trx.raw('version + 1'),
      ...(completedAt === undefined ? {} : { completed_at: completedAt }),
      ...(cancelledAt === undefined ? {} : { cancelled_at: cancelledAt }),
      ...(cancellationId === undefined ? {} : { cancellation_id: idToBytes(cancellationId) }),
    });
  if (changed !== 1) throw new Error(`order ${id} is not ${from}`);
};

/** Which of these orders and cancellations are at their end: an order is, also when its number is still to be spent. Ids that do not exist are left out. */
export const haveEnded = async (db: Queryable, ids: readonly string[]): Promise<Map<string, boolean>> => {
  const rows: Pick<OrderRow, 'id' | 'status'>[] = await db('orders').whereIn('id', ids.map(idToBytes)).select('id', 'status');
  const ended = new Map(rows.map(({ id, status }) => [bytesToId(id), status !== 'PENDING']));
  const cancellations = ids.filter((id) => !ended.has(id));
  return cancellations.length === 0 ? ended : new Map([...ended, ...(await sagasEnded(db, cancellations))]);
};

/** PENDING orders whose time is over, by the database's clock; locks nothing. */
export const overdueOrders = async (db: Database, limit: number): Promise<string[]> => {
  const rows: Pick<OrderRow, 'id'>[] = await db('orders')
    .where('pay_until', '<=', db.raw('NOW(3)'))
    .orderBy('pay_until')
    .limit(limit)
    .select('id');
  return rows.map(({ id }) => bytesToId(id));
};

/** Has an order whose time is over be looked at again in so many milliseconds, unless it was ended meanwhile. */
export const postponePayUntil = async (db: Database, id: string, ms: number): Promise<void> => {
  await db('orders')
    .where({ id: idToBytes(id) })
    .whereNotNull('pay_until')
    .update({ pay_until: db.raw('NOW(3) + INTERVAL ? MICROSECOND', [ms * 1000]) });
};

/** The time limit has done what it can: the saga is going back, or has ended. */
export const forgetPayUntil = async (trx: Trx, id: string): Promise<void> => {
  await trx('orders')
    .where({ id: idToBytes(id) })
    .update({ pay_until: null });
};
