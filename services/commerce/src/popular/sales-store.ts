import type { Queryable } from '@onsale/shared/db';
import { bytesToId, idToBytes } from '@onsale/shared/ids';
import type { Fact, SoldInHour } from './ranking.ts';
import { hourOf } from './window.ts';

/** Orders whose items one statement adds up: some ten milliseconds. */
const SLICE = 10_000;
/** Orders that are read one by one in one statement. */
const PAGE = 500;

interface SumRow {
  readonly hour: number | string;
  readonly product_id: Buffer;
  readonly quantity: number | string;
}

/** When the order was paid with which a slice that begins there ends; the end of all where fewer are left. */
const endOfSlice = async (db: Queryable, since: Date, before: Date): Promise<Date> => {
  const row: { completed_at: Date } | undefined = await db('orders')
    .where('completed_at', '>=', since)
    .where('completed_at', '<', before)
    .orderBy('completed_at')
    .offset(SLICE)
    .first('completed_at');
  if (row === undefined) return before;
  // a millisecond with more orders than a slice is one all the same
  return row.completed_at > since ? row.completed_at : new Date(since.getTime() + 1);
};

/**
 * What was sold from `since` until `before`, by hour and product, in slices that one short statement each adds up. Left out are orders that were cancelled,
 * before `cancelledBefore` where it is given: those cancelled later count as sold.
 */
export async function* soldBetween(
  db: Queryable,
  { since, before, cancelledBefore }: { since: Date; before: Date; cancelledBefore?: Date },
): AsyncGenerator<SoldInHour[]> {
  for (let start = since; start < before;) {
    const end = await endOfSlice(db, start, before);
    const rows = db('orders as o')
      .join('order_items as i', 'i.order_id', 'o.id')
      .where('o.completed_at', '>=', start)
      .where('o.completed_at', '<', end)
      .groupByRaw('hour, i.product_id')
      .select<SumRow[]>(db.raw('UNIX_TIMESTAMP(o.completed_at) DIV 3600 AS hour'), 'i.product_id', db.raw('SUM(i.quantity) AS quantity'));
    if (cancelledBefore === undefined) void rows.whereNull('o.cancelled_at');
    else void rows.where((kept) => void kept.whereNull('o.cancelled_at').orWhere('o.cancelled_at', '>=', cancelledBefore));
    const found = await rows;
    if (found.length > 0)
      yield found.map((row) => ({ hour: Number(row.hour), productId: bytesToId(row.product_id), quantity: Number(row.quantity) }));
    start = end;
  }
}

interface OrderRow {
  readonly id: Buffer;
  readonly completed_at: Date;
  readonly cancelled_at: Date | null;
}

const factsOf = async (db: Queryable, kind: Fact['kind'], orders: readonly OrderRow[]): Promise<Fact[]> => {
  const ids = orders.map(({ id }) => id);
  const rows: { order_id: Buffer; product_id: Buffer; quantity: number }[] = await db('order_items')
    .whereIn('order_id', ids)
    .select('order_id', 'product_id', 'quantity');
  const items = Map.groupBy(rows, ({ order_id }) => bytesToId(order_id));
  return orders.map(({ id, completed_at, cancelled_at }) => ({
    kind,
    orderId: bytesToId(id),
    hour: hourOf(completed_at),
    at: kind === 'completed' ? completed_at : cancelled_at!,
    items: (items.get(bytesToId(id)) ?? []).map(({ product_id, quantity }) => ({ productId: bytesToId(product_id), quantity })),
  }));
};

/**
 * What happened at `floor` or later to orders paid since `since`, one fact each, in pages. What is committed meanwhile may be among them or not.
 */
export async function* factsSince(db: Queryable, { since, floor }: { since: Date; floor: Date }): AsyncGenerator<Fact[]> {
  const columns = ['id', 'completed_at', 'cancelled_at'] as const;
  for (const [kind, column] of [
    ['completed', 'completed_at'],
    ['cancelled', 'cancelled_at'],
  ] as const) {
    for (let after: { at: Date; id: Buffer } = { at: floor, id: idToBytes('00000000-0000-0000-0000-000000000000') }; ;) {
      const rows: OrderRow[] = await db('orders')
        .where('completed_at', '>=', since)
        .where(column, '>=', after.at)
        .whereRaw('(?? > ? OR id > ?)', [column, after.at, after.id])
        .orderBy([{ column }, { column: 'id' }])
        .limit(PAGE)
        .select(columns);
      if (rows.length > 0) yield await factsOf(db, kind, rows);
      if (rows.length < PAGE) break;
      const last = rows.at(-1)!;
      after = { at: last[column]!, id: last.id };
    }
  }
}
