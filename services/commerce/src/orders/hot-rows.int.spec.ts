import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inTransaction, type Trx } from '@onsale/shared/db';
import { idToBytes, newId } from '@onsale/shared/ids';
import { eventually, gate } from '@onsale/shared/testing';
import { tally } from '../testing/start-commerce.ts';
import { startShop, type Shop } from '../testing/start-shop.ts';
import * as stock from '../stock/stock-store.ts';
import { addQuantities } from './member-quantity-store.ts';
import { createOffers } from './offers.ts';
import type { DraftItem } from './order-draft.ts';
import { reserveGoods } from './reserve-goods.ts';
import { reserveTogether, type SimpleDraft } from './reserve-together.ts';

const POOL = 8;
let shop: Shop;
beforeAll(async () => {
  // a quarter of the pool may wait for rows; whoever finds no connection is told soon
  const mysql = { poolSize: POOL, acquireTimeoutMs: 1000 };
  shop = await startShop({ mysql });
});
afterAll(() => shop?.stop());

const item = (productId: string, rest: Partial<DraftItem> = {}): DraftItem => ({
  productId,
  quantity: 1,
  unitPrice: 100,
  version: 1,
  ...rest,
});
const draft = (memberId: string, one: DraftItem): SimpleDraft => ({
  id: newId(),
  memberId,
  items: [one],
  subtotal: one.quantity * one.unitPrice,
  admission: undefined,
  at: new Date(),
});

/** Runs `other` up to the moment in which it waits for a quantity that `mine` has locked, and then the rest of `mine`: neither may lose. */
const beside = async (
  mine: { first: (trx: Trx) => Promise<unknown>; rest: (trx: Trx) => Promise<unknown> },
  other: (trx: Trx) => unknown,
) => {
  const locked = gate();
  const ends = Promise.allSettled([
    inTransaction(
      shop.db,
      async (trx) => {
        await mine.first(trx);
        locked.open();
        await eventually(async () => {
          const waiting: unknown[] = await shop
            .db('information_schema.processlist')
            .whereRaw("db = DATABASE() AND id <> CONNECTION_ID() AND info LIKE '%member_quantities%'");
          expect(waiting).not.toHaveLength(0);
        });
        await mine.rest(trx);
      },
      { retries: 0 },
    ),
    locked.opened.then(() => inTransaction(shop.db, async (trx) => void (await other(trx)), { retries: 0 })),
  ]);
  return (await ends).map((end) => (end.status === 'rejected' ? String(end.reason) : 'done'));
};

describe('orders of one member at the same moment', () => {
  it('lock what the member has before the stock, alone and together, with a limit or without', async () => {
    const [cup, member] = [await shop.product(), newId()];
    const wanted = { productId: cup, quantity: 1 };
    const ends = await beside(
      { first: (trx) => addQuantities(trx, [{ ...wanted, memberId: member }]), rest: (trx) => stock.reserve(trx, wanted) },
      (trx) => reserveTogether(trx, [draft(newId(), item(cup)), draft(member, item(cup))]),
    );
    expect(ends).toEqual(['done', 'done']);
  });

  it('lock what the member has of products with and without a limit in one order', async () => {
    const [cup, rare] = [await shop.product(), await shop.product({ perMemberLimit: 9 })];
    const member = newId();
    const add = (productId: string) => (trx: Trx) => addQuantities(trx, [{ productId, memberId: member, quantity: 1 }]);
    const order = { ...draft(member, item(cup)), items: [item(cup), item(rare, { limit: 9 })] };
    expect(await beside({ first: add(cup), rest: add(rare) }, (trx) => reserveGoods(trx, order))).toEqual(['done', 'done']);
  });
});

describe('orders that share a transaction', () => {
  it('leave nothing of those that are refused', async () => {
    const cup = await shop.product({ stock: 1, perMemberLimit: 5 });
    const [ada, eve, bob] = [newId(), newId(), newId()];
    const all = [draft(ada, item(cup, { limit: 5 })), draft(eve, item(cup, { limit: 5 })), draft(ada, item(cup, { limit: 5 }))];
    const many = draft(bob, item(cup, { limit: 5, quantity: 6 }));
    const { accepted, refused } = await inTransaction(shop.db, (trx) => reserveTogether(trx, [...all, many]));
    expect(accepted.map(({ id }) => id)).toEqual([all[0]!.id]);
    expect([...refused].map(([id, { code }]) => [id, code])).toEqual([
      [all[1]!.id, 'OUT_OF_STOCK'],
      [all[2]!.id, 'OUT_OF_STOCK'],
      [many.id, 'MEMBER_LIMIT'],
    ]);
    const left: { member_id: Buffer; quantity: number }[] = await shop.db('member_quantities').where('product_id', idToBytes(cup));
    expect(left.map(({ member_id, quantity }) => [member_id, quantity])).toEqual([[idToBytes(ada), 1]]);
  });

  it('are of different products, each decided by its own stock and limit', async () => {
    const [cup, rare] = [await shop.product({ stock: 3 }), await shop.product({ stock: 9, perMemberLimit: 2 })];
    const [ada, eve] = [newId(), newId()];
    const of = (member: string, productId: string, quantity: number) =>
      draft(member, item(productId, { quantity, ...(productId === rare ? { limit: 2 } : {}) }));
    const [cups, rares, more, cupsOfEve, raresOfEve] = [
      of(ada, cup, 2),
      of(ada, rare, 2),
      of(ada, rare, 1),
      of(eve, cup, 2),
      of(eve, rare, 1),
    ];
    const { accepted, refused } = await inTransaction(shop.db, (trx) => reserveTogether(trx, [cups, rares, more, cupsOfEve, raresOfEve]));
    expect(accepted.map(({ id }) => id)).toEqual([cups.id, rares.id, raresOfEve.id]);
    expect(refused.get(more.id)).toMatchObject({ code: 'MEMBER_LIMIT', extra: { has: 2 } });
    expect(refused.get(cupsOfEve.id)).toMatchObject({ code: 'OUT_OF_STOCK', extra: { shortages: [{ requested: 2, available: 1 }] } });
    expect([await shop.stockOf(cup), await shop.stockOf(rare)]).toEqual([
      { available: 1, reserved: 2, counted: 2 },
      { available: 6, reserved: 3, counted: 3 },
    ]);
  });

  it('are judged by the product as it is when its row is had', async () => {
    const cup = await shop.product({ stock: 10 });
    await shop.db('products').where('id', idToBytes(cup)).update({ version: 2, price: 700, per_member_limit: 2, queue_id: 'tonight' });
    const admission = { queueId: 'tonight', number: 1, lane: 'standard', status: 'ADMITTED' } as const;
    const came = (quantity: number) => ({ ...draft(newId(), item(cup, { quantity })), admission });
    const [stranger, greedy, fine] = [draft(newId(), item(cup)), came(3), came(2)];
    const { accepted, refused } = await inTransaction(shop.db, (trx) => reserveTogether(trx, [stranger, greedy, fine]));
    expect([refused.get(stranger.id)?.code, refused.get(greedy.id)?.code]).toEqual(['QUEUE_TOKEN_REQUIRED', 'MEMBER_LIMIT']);
    expect(accepted).toMatchObject([{ id: fine.id, subtotal: 1400, items: [{ unitPrice: 700 }] }]);
  });
});

describe('an order that waits for a row while an operator changes the product', () => {
  it.each([
    ['takes it off sale', { on_sale: false }, { is: '409 PRODUCT_NOT_ON_SALE' }],
    ['gives it a waiting room', { queue_id: 'tonight' }, { is: '401 QUEUE_TOKEN_REQUIRED' }],
    ['gives it a limit', { per_member_limit: 2 }, { is: '409 MEMBER_LIMIT', problem: { limit: 2, has: 0 } }],
    ['changes its price', { price: 500 }, { is: '201', body: { total: 1500, items: [{ unitPrice: 500 }] } }],
  ])('is placed by what it is then: %s', async (_what, change, answer) => {
    const cup = await shop.product({ stock: 10, price: 100 });
    const free = await shop.holdStock(cup);
    const placing = shop.buyer().orders([[cup, 3]]);
    await eventually(async () => expect(await shop.waitingForStock()).toBe(1));
    await shop
      .db('products')
      .where('id', idToBytes(cup))
      .update({ ...change, version: 2 });
    await free();
    expect(await placing).toMatchObject(answer);
    expect(await shop.stockOf(cup)).toMatchObject(answer.is === '201' ? { available: 7, counted: 3 } : { available: 10, counted: 0 });
  });
});

describe('the offers of products', () => {
  it('are read by one query for all who ask in one turn', async () => {
    const [cup, rare] = [await shop.product({ stock: 3 }), await shop.product({ perMemberLimit: 1 })];
    const offersOf = createOffers({ db: shop.db });
    const queries: unknown[] = [];
    const count = (query: unknown) => queries.push(query);
    shop.db.on('query', count);
    const [first, ...rest] = await Promise.all([offersOf([cup]), offersOf([cup, rare]), offersOf([newId()])]);
    shop.db.off('query', count);
    expect(queries).toHaveLength(1);
    expect(first.get(cup)).toMatchObject({ product: { id: cup, price: 100 }, stock: { available: 3 } });
    expect(rest.map((offers) => offers.get(rare)?.product.perMemberLimit)).toEqual([1, 1]);
  });
});

describe('many orders that wait for one row', () => {
  it('leave connections to everybody else, and are placed, or told to come again', async () => {
    const [cup, other] = [await shop.product({ stock: 100 }), await shop.product({ stock: 100 })];
    const free = await shop.holdStock(cup);
    const wanted = [
      [cup, 1],
      [other, 1],
    ] as const;
    const placing = Promise.all(Array.from({ length: 30 }, () => shop.buyer().orders(wanted, { prefer: 'wait=0' })));
    await eventually(async () => expect(await shop.waitingForStock()).toBeGreaterThanOrEqual(POOL / 4));
    const looker = shop.buyer();
    const looks: string[] = [];
    for (let n = 0; n < 10; n += 1) looks.push((await looker.list()).is);
    const waiting = await shop.waitingForStock();
    await free();
    const answers = await placing;
    expect(tally(looks)).toEqual({ '200': 10 });
    expect(waiting).toBeLessThanOrEqual(POOL / 4);
    const refused = answers.filter(({ body }) => body === undefined);
    expect(refused.filter(({ is, headers }) => is !== '503 OVERLOADED' || headers.get('retry-after') === null)).toEqual([]);
    expect(answers.length).toBeGreaterThan(refused.length);
    expect(await shop.stockOf(cup)).toMatchObject({ available: 100 - (answers.length - refused.length) });
  });

  it('are told from others by looking which rows are free', async () => {
    const [cup, mug] = [await shop.product(), await shop.product()];
    const free = await shop.holdStock(cup);
    try {
      const look = inTransaction(shop.db, (trx) => stock.freeStock(trx, [cup, mug]), { retries: 0 });
      expect([...(await look)]).toEqual([mug]);
    } finally {
      await free();
    }
  });

  it('keep no other product waiting, however many rows are held', async () => {
    const [cup, pot, mug] = [await shop.product(), await shop.product(), await shop.product({ stock: 100 })];
    const torn = async () => (await shop.metric('onsale_orders_apart_total')) || 0; // absent until the first
    const before = await torn();
    const free = [await shop.holdStock(cup), await shop.holdStock(pot)];
    const order = (productId: string) => shop.buyer().orders([[productId, 1]], { prefer: 'wait=0' });
    const held: ReturnType<typeof order>[] = [];
    const wait = async () => {
      held.push(...[cup, pot, cup, pot].map(order));
      await eventually(async () => expect(await shop.waitingForStock()).toBeGreaterThan(0));
    };
    const mugs: string[] = [];
    const others = async () => mugs.push(...(await Promise.all(Array.from({ length: 10 }, () => order(mug)))).map(({ is }) => is));
    try {
      await wait();
      await others();
      await eventually(async () => expect(await torn()).toBeGreaterThan(before), { withinMs: 20_000 });
      await wait();
      await others();
    } finally {
      for (const give of free) await give();
    }
    expect(tally(mugs)).toEqual({ '202': 20 });
    const refused = (await Promise.all(held)).filter(({ is }) => is !== '202');
    expect(refused.filter(({ is, headers }) => is !== '503 OVERLOADED' || headers.get('retry-after') === null)).toEqual([]);
    expect(await shop.stockOf(mug)).toMatchObject({ available: 80 });
  });
});
