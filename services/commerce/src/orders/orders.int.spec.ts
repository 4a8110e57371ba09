import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { debitOrder } from '@onsale/contracts/payment';
import { newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import { tally } from '../testing/start-commerce.ts';
import { startShop, type Shop } from '../testing/start-shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop?.stop());

const rows = async (): Promise<number> =>
  (await shop.db('orders')).length +
  (await shop.db('order_items')).length +
  (await shop.db('sagas')).length +
  (await shop.db('idempotency_keys')).length;

/** Orders that were placed in transactions with others, less those transactions. */
const shared = async (): Promise<number> =>
  (await shop.metric('onsale_orders_together_sum')) - (await shop.metric('onsale_orders_together_count'));

describe('an order of several products with a coupon', () => {
  it('is paid by points: the goods are sold, the coupon is used, and others are told', async () => {
    const [cup, shirt] = [await shop.product({ price: 1500 }), await shop.product({ price: 200 })];
    const ada = shop.buyer();
    const coupon = await shop.coupon(ada.id, { percent: 10 });

    const answer = await ada.orders(
      [
        [cup, 2],
        [shirt.toUpperCase(), 3],
      ],
      { coupon },
    );

    expect(answer).toMatchObject({
      is: '201',
      body: { status: 'COMPLETED', subtotal: 3600, discount: 360, total: 3240, memberCouponId: coupon },
    });
    const { id, items, total, completedAt } = answer.body!;
    expect(answer.headers.get('location')).toMatch(new RegExp(`/orders/${id}$`));
    expect(items).toEqual([
      { productId: cup, quantity: 2, unitPrice: 1500 },
      { productId: shirt, quantity: 3, unitPrice: 200 },
    ]);
    expect((await ada.order(id)).body).toEqual(answer.body);
    expect(await shop.stockOf(cup)).toEqual({ available: 8, reserved: 0, counted: 2 });
    expect(await shop.stockOf(shirt)).toEqual({ available: 7, reserved: 0, counted: 3 });
    expect(await shop.couponStatus(coupon)).toBe('USED');
    expect(shop.payment.movesOf(id)).toEqual(['debit']);
    await eventually(() =>
      expect(shop.payment.eventsAbout(id)).toEqual([
        { type: 'onsale.commerce.order-completed.v1', sequence: 2, data: { orderId: id, memberId: ada.id, items, total, completedAt } },
      ]),
    );
  });

  it('gives goods, coupon and room under the limit back when the wallet is short, and stays failed under its key', async () => {
    const [cup, shirt] = [await shop.product({ perMemberLimit: 2 }), await shop.product()];
    const ada = shop.buyer();
    const coupon = await shop.coupon(ada.id);
    shop.payment.impoverishes(ada.id);
    const key = newId();

    const answer = await ada.orders(
      [
        [cup, 2],
        [shirt, 1],
      ],
      { coupon, key },
    );

    expect(answer).toMatchObject({ is: '402 INSUFFICIENT_POINTS', problem: { total: 270 } });
    const id = answer.problem!['orderId'] as string;
    expect((await ada.order(id)).body).toMatchObject({ status: 'FAILED', code: 'INSUFFICIENT_POINTS' });
    expect(await shop.stockOf(cup)).toEqual({ available: 10, reserved: 0, counted: 0 });
    expect(await shop.stockOf(shirt)).toEqual({ available: 10, reserved: 0, counted: 0 });
    expect(await shop.couponStatus(coupon)).toBe('ISSUED');
    expect(
      await ada.orders(
        [
          [cup, 2],
          [shirt, 1],
        ],
        { coupon, key },
      ),
    ).toMatchObject({ is: '402 INSUFFICIENT_POINTS', problem: { orderId: id } });
  });

  it('answers 202 while it is not paid, and the same key waits for the same order', async () => {
    const cup = await shop.product();
    const ada = shop.buyer();
    const key = newId();
    const bring = shop.payment.loses(debitOrder);
    const first = await ada.orders([[cup, 1]], { key, prefer: 'wait=0' });
    expect(first).toMatchObject({ is: '202', body: { status: 'PENDING' } });
    expect(await shop.stockOf(cup)).toEqual({ available: 9, reserved: 1, counted: 1 });
    const again = ada.orders([[cup, 1]], { key });
    await bring();
    expect(await again).toMatchObject({ is: '201', body: { id: first.body!.id } });
    expect((await ada.orders([[cup, 2]], { key })).is).toBe('422 IDEMPOTENCY_KEY_REUSED');
    expect(await shop.stockOf(cup)).toEqual({ available: 9, reserved: 0, counted: 1 });
  });
});

describe('many buyers of one product at once', () => {
  it('share transactions, and each gets an exact answer: 10 of 15 have one, 5 are told what is left', async () => {
    const [last, spare] = [await shop.product({ stock: 10 }), await shop.product()];
    const buyers = Array.from({ length: 15 }, () => shop.buyer());
    const [before, free] = [await shared(), await shop.holdStock(last)];
    const asked = Promise.all(
      buyers.map((one, n) =>
        one.orders(
          n % 5 === 4
            ? [
                [last, 1],
                [spare, 1],
              ]
            : [[last, 1]],
        ),
      ),
    );
    await eventually(async () => expect(await shop.waitingForStock()).toBeGreaterThan(0)); // what comes after the first shares the next
    await shop.buyer().list();
    await free();
    const answers = await asked;
    expect(await shared()).toBeGreaterThan(before);
    expect(tally(answers.map(({ is }) => is))).toEqual({ '201': 10, '409 OUT_OF_STOCK': 5 });
    for (const { problem } of answers.filter(({ is }) => is !== '201'))
      expect(problem).toMatchObject({ shortages: [{ productId: last, requested: 1, available: 0 }] });
    expect(await shop.stockOf(last)).toEqual({ available: 0, reserved: 0, counted: 10 });
    const spares = answers.filter(({ is }, n) => is === '201' && n % 5 === 4).length;
    expect(await shop.stockOf(spare)).toMatchObject({ available: 10 - spares, counted: spares });
  });

  // a key that comes twice has a transaction given up, and each of its orders placed alone
  it.each([
    ['that share transactions', 0],
    ['each alone, as keys come twice', 1],
  ])('hold each member to the limit, and to the key: %s', async (_how, copies) => {
    const cup = await shop.product({ stock: 100, perMemberLimit: 2 });
    const buyers = Array.from({ length: 10 }, () => shop.buyer());
    const answers = await Promise.all(
      buyers.flatMap((one) => {
        const key = newId();
        const first = Array.from({ length: 1 + copies }, () => one.orders([[cup, 1]], { key }));
        return [...first, one.orders([[cup, 1]]), one.orders([[cup, 2]])];
      }),
    );
    const ids = new Set(answers.flatMap(({ body }) => body?.id ?? []));
    const { counted, available } = await shop.stockOf(cup);
    expect(counted).toBe(20);
    expect(available).toBe(80);
    expect(answers.filter(({ is }) => is !== '201').every(({ is }) => is === '409 MEMBER_LIMIT')).toBe(true);
    expect(
      await shop.db('orders').whereIn(
        'id',
        [...ids].map((id) => Buffer.from(id.replaceAll('-', ''), 'hex')),
      ),
    ).toHaveLength(ids.size);
    expect(await shop.buyer({ id: buyers[0]!.id }).orders([[cup, 1]])).toMatchObject({
      is: '409 MEMBER_LIMIT',
      problem: { productId: cup, limit: 2, has: 2 },
    });
  });

  it('are placed each alone when one of them brings a key that is known: it gets its own order again, and the others theirs', async () => {
    const cup = await shop.product({ stock: 100 });
    const [ada, key] = [shop.buyer(), newId()];
    const first = (await ada.orders([[cup, 1]], { key })).body!;
    const others = Array.from({ length: 12 }, () => shop.buyer());
    const [again, ...rest] = await Promise.all([ada.orders([[cup, 1]], { key }), ...others.map((one) => one.orders([[cup, 1]]))]);
    expect(again).toMatchObject({ is: '201', body: { id: first.id } });
    expect(tally(rest.map(({ is }) => is))).toEqual({ '201': 12 });
    expect(await shop.stockOf(cup)).toEqual({ available: 87, reserved: 0, counted: 13 });
  });
});

describe('an order that cannot be', () => {
  it('is refused, and nothing is written', async () => {
    const [cup, dear] = [await shop.product({ stock: 3 }), await shop.product({ price: Number.MAX_SAFE_INTEGER, stock: 5 })];
    const off = await shop.product({ onSale: false });
    const ada = shop.buyer();
    const coupon = { used: await shop.coupon(shop.buyer().id), old: await shop.coupon(ada.id, { validMs: -1 }) };
    const before = await rows();

    const answers = {
      unknown: await ada.orders([
        [cup, 1],
        [newId(), 1],
      ]),
      off: await ada.orders([
        [cup, 1],
        [off, 1],
      ]),
      short: await ada.orders([[cup, 4]]),
      dear: await ada.orders([[dear, 2]]),
      foreign: await ada.orders([[cup, 1]], { coupon: coupon.used }),
      expired: await ada.orders([[cup, 1]], { coupon: coupon.old }),
      noCoupon: await ada.orders([[cup, 1]], { coupon: newId() }),
      none: await ada.orders([]),
      twice: await ada.orders([
        [cup, 1],
        [cup, 1],
      ]),
      zero: await ada.orders([[cup, 0]]),
      negative: await ada.orders([[cup, -1]]),
      half: await ada.orders([[cup, 0.5]]),
      huge: await ada.orders([[cup, Number.MAX_SAFE_INTEGER + 1]]),
      thousand: await ada.orders(Array.from({ length: 1000 }, () => [newId(), 1] as const)),
    };

    const malformed = '400 VALIDATION_FAILED';
    expect(Object.fromEntries(Object.entries(answers).map(([name, { is }]) => [name, is]))).toEqual({
      unknown: '404 NOT_FOUND',
      off: '409 PRODUCT_NOT_ON_SALE',
      short: '409 OUT_OF_STOCK',
      dear: '422 ORDER_TOO_LARGE',
      foreign: '409 COUPON_NOT_USABLE',
      expired: '409 COUPON_NOT_USABLE',
      noCoupon: '409 COUPON_NOT_USABLE',
      none: malformed,
      twice: malformed,
      zero: malformed,
      negative: malformed,
      half: malformed,
      huge: malformed,
      thousand: malformed,
    });
    expect(answers.unknown.problem).toMatchObject({ errors: [{ pointer: '/body/items/1/productId' }] });
    expect(answers.thousand.problem).toMatchObject({ errors: [{ pointer: '/body/items' }] });
    expect(answers.zero.problem).toMatchObject({ errors: [{ pointer: '/body/items/0/quantity' }] });
    expect(answers.short.problem).toMatchObject({ shortages: [{ productId: cup, requested: 4, available: 3 }] });
    expect(await rows()).toBe(before);
    expect(await shop.stockOf(cup)).toEqual({ available: 3, reserved: 0, counted: 0 });
  });

  it('needs the number of the product’s own waiting room, and of one alone', async () => {
    const [tonight, later, cup] = [
      await shop.product({ queueId: 'tonight' }),
      await shop.product({ queueId: 'later' }),
      await shop.product(),
    ];
    const came = (queueId: string, status = 'ADMITTED') => shop.buyer({ admission: { queueId, number: 1, lane: 'standard', status } });
    expect(await shop.buyer().orders([[tonight, 1]])).toMatchObject({ is: '401 QUEUE_TOKEN_REQUIRED', problem: { queueId: 'tonight' } });
    expect((await came('later').orders([[tonight, 1]])).is).toBe('403 QUEUE_WRONG');
    expect((await came('tonight', 'ISSUED').orders([[tonight, 1]])).is).toBe('403 QUEUE_NOT_ADMITTED');
    expect(
      await came('tonight').orders([
        [tonight, 1],
        [later, 1],
      ]),
    ).toMatchObject({ is: '422 MIXED_QUEUES' });
    const paid = await came('tonight').orders([
      [tonight, 1],
      [cup, 1],
    ]);
    expect(paid.is).toBe('201');
    expect((await shop.operator.saga(paid.body!.id)).body).toMatchObject({
      status: 'RUNNING',
      step: 'spend', // nobody listens here; the order is none the less at its end
      data: { cameBy: { queueId: 'tonight', number: 1 } },
    });
  });
});

describe('the lists of orders', () => {
  it('show a member their own, newest first and page by page, and operators those of anybody', async () => {
    const cup = await shop.product();
    const [ada, eve] = [shop.buyer(), shop.buyer()];
    const ids: string[] = [];
    for (let n = 0; n < 3; n += 1) ids.unshift((await ada.orders([[cup, 1]])).body!.id);
    const first = (await ada.list({ limit: 2 })).body!;
    const second = (await ada.list({ limit: 2, cursor: first.nextCursor! })).body!;
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids);
    expect(second).not.toHaveProperty('nextCursor');
    expect((await eve.list()).body).toEqual({ items: [] });
    expect((await eve.order(ids[0]!)).is).toBe('404 NOT_FOUND');
    expect((await shop.operator.orders({ memberId: ada.id })).body!.items.map(({ id, memberId }) => [id, memberId])).toEqual(
      ids.map((id) => [id, ada.id]),
    );
    expect((await shop.operator.order(ids[0]!)).body).toMatchObject({ memberId: ada.id, status: 'COMPLETED' });
  });
});
