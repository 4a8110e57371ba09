import { CallProblem, type AnswerHeaders, type Client } from '@onsale/contracts';
import * as contract from '@onsale/contracts/commerce';
import type { Admission } from '@onsale/shared/auth';
import { inTransaction } from '@onsale/shared/db';
import { idToBytes, newId } from '@onsale/shared/ids';
import { gate } from '@onsale/shared/testing';
import { insertProduct } from '../products/product-store.ts';
import { insertStock, lockStock, readStock } from '../stock/stock-store.ts';
import { playedPayment } from './played-payment.ts';
import { startCommerce, type StartOptions } from './start-commerce.ts';

type Wanted = readonly (readonly [productId: string, quantity: number])[];

/** How a request ended: `201`, `202`, or `409 OUT_OF_STOCK`; with what it was answered. */
const outcomeOf = async <B>(answer: Promise<{ status: number; body: B; headers: AnswerHeaders }>) => {
  try {
    const { status, body, headers } = await answer;
    return { is: String(status), body: body as B | undefined, problem: undefined, headers };
  } catch (error) {
    if (!(error instanceof CallProblem)) throw error;
    return {
      is: `${error.status} ${error.code}`,
      body: undefined,
      problem: error.problem as Record<string, unknown>,
      headers: error.headers,
    };
  }
};

const buyer = (id: string, client: Client) => ({
  id,
  orders: (
    items: Wanted,
    { coupon, key = newId(), prefer = 'wait=10' }: { coupon?: string | undefined; key?: string; prefer?: string } = {},
  ) =>
    outcomeOf(
      client.answer(contract.placeOrder, {
        body: {
          items: items.map(([productId, quantity]) => ({ productId, quantity })),
          ...(coupon === undefined ? {} : { memberCouponId: coupon }),
        },
        idempotencyKey: key,
        headers: { prefer },
      }),
    ),
  cancels: (orderId: string, { key = newId(), prefer = 'wait=10' }: { key?: string; prefer?: string } = {}) =>
    outcomeOf(client.answer(contract.cancelOrder, { params: { id: orderId }, idempotencyKey: key, headers: { prefer } })),
  order: (orderId: string) => outcomeOf(client.answer(contract.readOrder, { params: { id: orderId } })),
  list: (query: { limit?: number; cursor?: string } = {}) => outcomeOf(client.answer(contract.listMyOrders, { query })),
});

/** Commerce on real engines with payment played beside it: buyers, products, coupons, and a look at what is left of them. */
export const startShop = async (options: StartOptions = {}) => {
  const commerce = await startCommerce(options);
  const payment = await playedPayment(commerce.namespace);
  const { db } = commerce;
  const { operator } = commerce;

  return {
    db,
    payment,
    metric: commerce.metric,
    buyer: ({ id = newId(), admission }: { id?: string; admission?: Admission } = {}) =>
      buyer(id, commerce.asMember({ id, role: 'member', sessionId: newId() }, admission)),
    operator: {
      orders: (query: { memberId?: string; limit?: number } = {}) => outcomeOf(operator.answer(contract.listOrders, { query })),
      order: (id: string) => outcomeOf(operator.answer(contract.readOrderOfMember, { params: { id } })),
      saga: (id: string) => outcomeOf(operator.answer(contract.readCommerceSaga, { params: { id } })),
      compensates: (id: string) =>
        outcomeOf(operator.answer(contract.compensateCommerceSaga, { params: { id }, body: { reason: 'it does not get on' } })),
      retries: (id: string) => outcomeOf(operator.answer(contract.retryCommerceSaga, { params: { id } })),
    },
    /** Puts a product on sale, its stock beside it. */
    product: async ({
      stock = 10,
      price = 100,
      ...rest
    }: { stock?: number; price?: number; onSale?: boolean; perMemberLimit?: number; queueId?: string } = {}) => {
      const id = newId();
      await inTransaction(db, async (trx) => {
        await insertProduct(trx, { id, name: 'A thing', price, onSale: true, createdAt: new Date(), ...rest });
        await insertStock(trx, { productId: id, quantity: stock });
      });
      return id;
    },
    /** What is left of a product, what is reserved, and how many members count as having it. */
    stockOf: async (productId: string) => {
      const { available, reserved } = (await readStock(db, [productId])).get(productId)!;
      const [counted] = await db('member_quantities')
        .where('product_id', idToBytes(productId))
        .sum<{ sum: string | null }[]>({ sum: 'quantity' });
      return { available, reserved, counted: Number(counted?.sum ?? 0) };
    },
    /** Has the stock's row of a product locked, as somebody who takes long would; until what it answers with is called. */
    holdStock: async (productId: string): Promise<() => Promise<void>> => {
      const held = gate();
      const free = gate();
      const holding = db.transaction(async (trx) => {
        await lockStock(trx, [productId]);
        held.open();
        await free.opened;
      });
      await Promise.race([held.opened, holding]);
      return async () => {
        free.open();
        await holding;
      };
    },
    /** Connections that wait for a row of stock at this moment. */
    waitingForStock: async (): Promise<number> => {
      const [found] = await db('information_schema.processlist')
        .whereRaw('db = DATABASE() AND id <> CONNECTION_ID()')
        .whereRaw("(info LIKE 'update `stock`%' OR info LIKE '%`stock`%for update')")
        .count<{ count: number }[]>({ count: '*' });
      return found!.count;
    },
    /** A coupon of the member's: so many percent off, valid for a day unless said. */
    coupon: async (memberId: string, { percent = 10, validMs = 86_400_000 }: { percent?: number; validMs?: number } = {}) => {
      const [coupon, own] = [newId(), newId()];
      await db('coupons').insert({
        id: idToBytes(coupon),
        name: 'A coupon',
        discount_type: 'PERCENT',
        discount_value: percent,
        total: 100,
        issued: 1,
        active: true,
        issue_from: new Date(0),
        issue_until: new Date(Date.now() + validMs),
        valid_until: new Date(Date.now() + validMs),
        life: idToBytes(newId()),
        created_at: new Date(),
      });
      await db('member_coupons').insert({
        id: idToBytes(own),
        coupon_id: idToBytes(coupon),
        member_id: idToBytes(memberId),
        status: 'ISSUED',
        issued_at: new Date(),
      });
      return own;
    },
    couponStatus: async (id: string): Promise<string | undefined> =>
      (await db('member_coupons').where('id', idToBytes(id)).first('status'))?.status,
    stop: async () => {
      await commerce.stop();
      await payment.stop();
    },
  };
};

export type Shop = Awaited<ReturnType<typeof startShop>>;
