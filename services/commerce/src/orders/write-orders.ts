import { inTransaction, type Database, type Trx } from '@onsale/shared/db';
import type { Refusal } from '@onsale/shared/errors';
import type { IdempotencyStore, Once } from '@onsale/shared/idempotency';
import type { SagaRunner } from '@onsale/shared/saga';
import { closedAmong } from '../accounts/closed-accounts.ts';
import type { OrderDraft } from './order-draft.ts';
import { AccountClosed } from './order-errors.ts';
import type { OrderPurchase } from './order-saga.ts';
import { insertOrders, type NewOrder } from './order-store.ts';
import { freeStock } from '../stock/stock-store.ts';
import { purchaseOf } from './purchase.ts';
import { reserveGoods } from './reserve-goods.ts';
import { reserveTogether, type SimpleDraft } from './reserve-together.ts';

/** What is kept under an order's key. */
export interface Placed {
  readonly orderId: string;
}

/** An order that is to be placed, its key, and the trace of the request that asks for it. */
export interface KeyedDraft<D extends OrderDraft = OrderDraft> {
  readonly draft: D;
  readonly once: Once;
  readonly traceparent: string | undefined;
}

export interface WriteOrdersDeps {
  readonly db: Database;
  readonly idempotency: Pick<IdempotencyStore, 'claimAll' | 'dropAll' | 'knownAmong'>;
  readonly sagas: SagaRunner;
  readonly purchase: OrderPurchase;
  /** From the order to its end, if payment does not answer. */
  readonly payWithinMs: number;
}

const draftOf = <D extends OrderDraft>({ draft }: KeyedDraft<D>): D => draft;

/** The transactions in which orders are placed: goods reserved, order and items written, saga begun and its first command sent, all under their keys. */
export const writeOrders = ({ db, idempotency, sagas, purchase, payWithinMs }: WriteOrdersDeps) => {
  const write = async (trx: Trx, orders: readonly NewOrder[], traceOf: (id: string) => string | undefined): Promise<void> => {
    if (orders.length === 0) return;
    await insertOrders(trx, orders, payWithinMs);
    const begun = orders.map((order) => ({ id: order.id, state: purchaseOf(order), traceparent: traceOf(order.id) }));
    await sagas.startAll(trx, purchase, begun);
  };

  return {
    /** Those of the products whose stock somebody else holds at this moment. */
    held: async (productIds: readonly string[]): Promise<string[]> => {
      const free = await inTransaction(db, (trx) => freeStock(trx, productIds), { retries: 0 });
      return productIds.filter((id) => !free.has(id));
    },

    /** Those of which the key is known: they have been placed before. */
    known: async (all: readonly KeyedDraft[]): Promise<ReadonlySet<string>> => {
      const known = await idempotency.knownAmong(all.map(({ once }) => once));
      return new Set(all.flatMap(({ draft, once }) => (known.has(once) ? [draft.id] : [])));
    },

    /** One order. @throws AccountClosed, MemberLimit, OutOfStock, CouponNotUsable */
    alone: ({ draft, once, traceparent }: KeyedDraft): Promise<Placed> =>
      once.transaction(db, async (trx) => {
        if ((await closedAmong(trx, [draft.memberId])).has(draft.memberId)) throw new AccountClosed();
        await write(trx, [await reserveGoods(trx, draft)], () => traceparent);
        return { orderId: draft.id };
      }),

    /**
     * Many orders of one product each, phase by phase in the order of locks; answers with those that were refused, of which nothing is left.
     * @throws whatever goes wrong, a key that is not new among it: then nothing is known of any, and each is to be placed alone
     */
    together: (all: readonly KeyedDraft<SimpleDraft>[]): Promise<ReadonlyMap<string, Refusal>> => {
      const traces = new Map(all.map(({ draft, traceparent }) => [draft.id, traceparent]));
      const place = async (trx: Trx): Promise<ReadonlyMap<string, Refusal>> => {
        const claims = all.map(({ draft, once }) => ({ once, value: { orderId: draft.id } satisfies Placed }));
        await idempotency.claimAll(trx, claims);
        const drafts = all.map(draftOf);
        const closed = await closedAmong(
          trx,
          drafts.map(({ memberId }) => memberId),
        );
        const staying = drafts.filter(({ memberId }) => !closed.has(memberId));
        const { accepted, refused } = await reserveTogether(trx, staying);
        for (const { id, memberId } of drafts) if (closed.has(memberId)) refused.set(id, new AccountClosed());
        await write(trx, accepted, (id) => traces.get(id));
        await idempotency.dropAll(
          trx,
          claims.flatMap(({ once, value }) => (refused.has(value.orderId) ? [once] : [])),
        );
        return refused;
      };
      return inTransaction(db, place, { retries: 0 });
    },
  };
};
