import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { debitOrder, refundOrder } from '@onsale/contracts/payment';
import { idToBytes, newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import { tally } from '../testing/start-commerce.ts';
import { startShop, type Shop } from '../testing/start-shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await startShop({
    settings: { sagas: { sweepMs: 100, retryAfterMs: 300, flagAfter: 3 } },
  });
});
afterAll(() => shop?.stop());

/** A paid order of 2 by somebody with a coupon. */
const givenPaid = async () => {
  const cup = await shop.product({ perMemberLimit: 2 });
  const ada = shop.buyer();
  const coupon = await shop.coupon(ada.id);
  const order = (await ada.orders([[cup, 2]], { coupon })).body!;
  return { cup, ada, coupon, order };
};

describe('a cancellation', () => {
  it('gives points, goods, coupon and room under the limit back, and tells others', async () => {
    const { cup, ada, coupon, order } = await givenPaid();
    const key = newId();

    const answer = await ada.cancels(order.id, { key });

    expect(answer).toMatchObject({ is: '200', body: { status: 'CANCELLED', completedAt: order.completedAt } });
    expect(await shop.stockOf(cup)).toEqual({ available: 10, reserved: 0, counted: 0 });
    expect(await shop.couponStatus(coupon)).toBe('ISSUED');
    expect(shop.payment.movesOf(order.id)).toEqual(['debit', 'refund']);
    await eventually(() =>
      expect(shop.payment.eventsAbout(order.id)[1]).toEqual({
        type: 'onsale.commerce.order-cancelled.v1',
        sequence: 4,
        data: {
          orderId: order.id,
          memberId: ada.id,
          items: order.items,
          total: order.total,
          completedAt: order.completedAt,
          cancelledAt: answer.body!.cancelledAt,
        },
      }),
    );
    expect((await ada.cancels(order.id, { key })).body).toEqual(answer.body);
    expect((await ada.orders([[cup, 2]], { coupon })).is).toBe('201');
  });

  it('is one of many that are asked for at once: all are answered, the points go back once', async () => {
    const { cup, ada, order } = await givenPaid();
    const answers = await Promise.all(Array.from({ length: 8 }, () => ada.cancels(order.id)));
    expect(tally(answers.map(({ is }) => is))).toEqual({ '200': 8 });
    expect(shop.payment.movesOf(order.id)).toEqual(['debit', 'refund']);
    expect(await shop.stockOf(cup)).toEqual({ available: 10, reserved: 0, counted: 0 });
    expect((await ada.cancels(order.id)).is).toBe('200');
    expect(await shop.db('sagas').where({ type: 'order-cancellation' }).where('data', 'like', `%${order.id}%`)).toHaveLength(1);
  });

  it('that is refused leaves all as it was, and can be tried again', async () => {
    const { cup, ada, coupon, order } = await givenPaid();
    shop.payment.fills(ada.id);
    expect(await ada.cancels(order.id)).toMatchObject({ is: '422 BALANCE_TOO_LARGE', problem: { orderId: order.id } });
    expect((await ada.order(order.id)).body).toMatchObject({ status: 'COMPLETED', code: 'BALANCE_TOO_LARGE' });
    expect(await shop.stockOf(cup)).toEqual({ available: 8, reserved: 0, counted: 2 });
    expect(await shop.couponStatus(coupon)).toBe('USED');
    shop.payment.empties(ada.id);
    expect((await ada.cancels(order.id)).body).toMatchObject({ status: 'CANCELLED' });
  });

  it('is nobody else’s to ask for, nor of an order that is not paid', async () => {
    const { cup, order } = await givenPaid();
    expect((await shop.buyer().cancels(order.id)).is).toBe('404 NOT_FOUND');
    const eve = shop.buyer();
    shop.payment.impoverishes(eve.id);
    const id = (await eve.orders([[cup, 1]])).problem!['orderId'] as string;
    expect(await eve.cancels(id)).toMatchObject({ is: '409 ORDER_NOT_CANCELLABLE', problem: { orderStatus: 'FAILED' } });
  });

  it('that an operator gives up asks first whether the points went back', async () => {
    const { ada, order } = await givenPaid();
    const bring = shop.payment.loses(refundOrder);
    expect(await ada.cancels(order.id, { prefer: 'wait=0' })).toMatchObject({ is: '202', body: { status: 'CANCELLING' } });
    const [saga] = await shop.db('sagas').where({ type: 'order-cancellation' }).where('data', 'like', `%${order.id}%`).select('id');
    const id = (saga as { id: Buffer }).id.toString('hex').replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
    expect((await shop.operator.compensates(id)).is).toBe('202');
    await eventually(async () =>
      expect((await ada.order(order.id)).body).toMatchObject({ status: 'COMPLETED', code: 'CANCELLED_BY_OPERATOR' }),
    );
    await bring();
    expect(shop.payment.movesOf(order.id)).toEqual(['debit']);
    expect((await ada.cancels(order.id)).body).toMatchObject({ status: 'CANCELLED' });
    expect(shop.payment.movesOf(order.id)).toEqual(['debit', 'refund']);
  });
});

describe('an order that is not paid in its time', () => {
  it('is taken back by its saga: a debit that comes late finds the tombstone, and takes nothing', async () => {
    const cup = await shop.product();
    const ada = shop.buyer();
    const coupon = await shop.coupon(ada.id);
    const bring = shop.payment.loses(debitOrder);
    const { id } = (await ada.orders([[cup, 3]], { coupon, prefer: 'wait=0' })).body!;
    expect(await shop.stockOf(cup)).toEqual({ available: 7, reserved: 3, counted: 3 });
    await shop
      .db('orders')
      .where('id', idToBytes(id))
      .update({ pay_until: new Date(0) });
    await eventually(async () => expect((await ada.order(id)).body).toMatchObject({ status: 'EXPIRED', code: 'ORDER_EXPIRED' }));
    expect(await shop.stockOf(cup)).toEqual({ available: 10, reserved: 0, counted: 0 });
    expect(await shop.couponStatus(coupon)).toBe('ISSUED');
    await bring();
    expect(shop.payment.movesOf(id)).toEqual([]);
    expect((await shop.operator.saga(id)).body).toMatchObject({ status: 'COMPENSATED', failure: { step: 'debit', code: 'ORDER_EXPIRED' } });
  });

  it('is taken back though many stand before it that cannot be', async () => {
    const cup = await shop.product();
    const ada = shop.buyer();
    const bring = shop.payment.loses(debitOrder);
    const { id } = (await ada.orders([[cup, 1]], { prefer: 'wait=0' })).body!;
    const money = { subtotal: 0, discount: 0, total: 0 };
    const stray = {
      member_id: idToBytes(newId()),
      status: 'PENDING',
      ...money,
      version: 1,
      created_at: new Date(),
      pay_until: new Date(0),
    };
    const strays = Array.from({ length: 100 }, () => ({ id: idToBytes(newId()), ...stray })); // without sagas; as many as one look takes
    await shop.db('orders').insert(strays);
    await shop
      .db('orders')
      .where('id', idToBytes(id))
      .update({ pay_until: new Date(1) });

    await eventually(async () => expect((await ada.order(id)).body).toMatchObject({ status: 'EXPIRED' }), { withinMs: 20_000 });

    await shop.db('orders').where('member_id', stray.member_id).delete();
    await bring();
  });

  it('is taken back by an operator too', async () => {
    const cup = await shop.product();
    const ada = shop.buyer();
    const bring = shop.payment.loses(debitOrder);
    const placing = ada.orders([[cup, 1]]);
    const order = await eventually(async () => (await ada.list()).body!.items[0] ?? Promise.reject(new Error('not placed yet')));
    await shop.operator.compensates(order.id);
    expect(await placing).toMatchObject({
      is: expect.stringMatching(/^409 (CANCELLED_BY_OPERATOR|ORDER_EXPIRED)$/),
      problem: { orderId: order.id },
    });
    await bring();
    expect(await shop.stockOf(cup)).toEqual({ available: 10, reserved: 0, counted: 0 });
  });
});
