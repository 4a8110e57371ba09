import { bytesToId, idToBytes } from '@onsale/shared/ids';
import type { Look } from '@onsale/shared/invariants';
import { ORDER_REFERENCE } from '../../services/payment/src/orders/consumer.ts';
import { PAGE, pagesOf } from './pages.ts';
import type { Stores } from './stores.ts';

interface OrderRow {
  readonly id: Buffer;
  readonly member_id: Buffer;
  readonly status: string;
  readonly total: number;
}

interface MovedRow {
  readonly id: Buffer;
  readonly reference: string;
  readonly kind: 'PAYMENT' | 'REFUND';
  readonly member_id: Buffer;
  readonly amount: number;
}

/** What the ledger has moved for an order: nothing, its price, or its price and back. */
type Moved = readonly MovedRow[];

const moved = ({ payment }: Stores) =>
  payment('ledger_transactions as t')
    .join('ledger_entries as e', 'e.transaction_id', 't.id')
    .where('e.account', 'wallet')
    .select('t.id', 't.reference', 't.kind', 'e.member_id', 'e.amount');

const movedFor = async (stores: Stores, ids: readonly string[]): Promise<ReadonlyMap<string, Moved>> => {
  const rows: MovedRow[] = await moved(stores).whereIn(
    't.reference',
    ids.map((id) => `${ORDER_REFERENCE}${id}`),
  );
  return Map.groupBy(rows, ({ reference }) => reference.slice(ORDER_REFERENCE.length));
};

const agrees = ({ member_id, total }: OrderRow, rows: Moved, kinds: readonly MovedRow['kind'][]): boolean =>
  rows.length === kinds.length &&
  kinds.every((kind) =>
    rows.some((row) => row.kind === kind && row.member_id.equals(member_id) && row.amount === (kind === 'PAYMENT' ? -total : total)),
  );

/** The ledger's side of an order's state, where it is settled; a debit that was taken back leaves both. */
const settledAs: Readonly<Record<string, readonly (readonly MovedRow['kind'][])[]>> = {
  COMPLETED: [['PAYMENT']],
  CANCELLED: [['PAYMENT', 'REFUND']],
  FAILED: [[], ['PAYMENT', 'REFUND']],
  EXPIRED: [[], ['PAYMENT', 'REFUND']],
};

/** Orders first: their points are moved before they are settled so; one that has moved on since is as it should be at the next look. */
async function* notAsPaid(stores: Stores): AsyncGenerator<string> {
  const pages = pagesOf<OrderRow>((above) =>
    stores
      .commerce('orders')
      .whereIn('status', Object.keys(settledAs))
      .where('total', '>', 0)
      .where('id', '>', above)
      .orderBy('id')
      .limit(PAGE)
      .select('id', 'member_id', 'status', 'total'),
  );
  for await (const page of pages) {
    const rows = await movedFor(
      stores,
      page.map(({ id }) => bytesToId(id)),
    );
    for (const order of page) {
      const id = bytesToId(order.id);
      if (!settledAs[order.status]!.some((kinds) => agrees(order, rows.get(id) ?? [], kinds))) yield id;
    }
  }
}

/** The ledger first: an order is there before anything is moved for it. */
async function* movedForNothing(stores: Stores): AsyncGenerator<string> {
  const pages = pagesOf<MovedRow>((above) =>
    moved(stores).where('t.reference', 'like', `${ORDER_REFERENCE}%`).where('t.id', '>', above).orderBy('t.id').limit(PAGE),
  );
  for await (const page of pages) {
    const ids = [...new Set(page.map(({ reference }) => reference.slice(ORDER_REFERENCE.length)))];
    const rows: { id: Buffer }[] = await stores.commerce('orders').whereIn('id', ids.map(idToBytes)).select('id');
    const known = new Set(rows.map(({ id }) => bytesToId(id)));
    for (const id of ids) if (!known.has(id)) yield id;
  }
}

/** Whether payment and commerce tell the same of every order (I9); each within its schema, the rest follows (`order-checks.ts`). */
export const orderLooks = (stores: Stores): Look[] => [
  {
    invariant: 'I9',
    says: 'a paid order has cost its member its total, once; a cancelled one has given it back, once; one that failed or expired kept nothing',
    find: () => notAsPaid(stores),
  },
  {
    invariant: 'I9',
    says: 'what the ledger has moved for an order, there is such an order',
    find: () => movedForNothing(stores),
  },
];
