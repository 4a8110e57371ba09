import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { idToBytes, newId } from '@onsale/shared/ids';
import type { PlantedShop } from './testing/planted-shop.ts';
import { plantedShops } from './testing/planted-shops.ts';

const { start, begin, stop, aged, brokenIn } = plantedShops();
let shop: PlantedShop;
beforeAll(start);
beforeEach(async () => {
  shop = await begin();
});
afterAll(stop);

const brokenInvariants = (): Promise<string[]> => brokenIn(shop);

/** One more of a product than came in. */
const soldFrom = async (column: 'available' | 'reserved'): Promise<void> => {
  await shop.places();
  await shop.commerce('stock').increment(column, 1);
  if (column === 'reserved') await shop.commerce('stock').increment('stocked', 1);
};

describe('a fault of goods or coupons breaks the one invariant that is meant for it:', () => {
  const faults: [string, string, () => Promise<unknown>][] = [
    ['I3', 'a product that came from nowhere', () => soldFrom('available')],
    ['I3', 'a product that is reserved for nobody', () => soldFrom('reserved')],
    [
      'I3',
      'goods that a member has, and is not counted for',
      async () => {
        await shop.orders();
        await shop.commerce('member_quantities').delete();
      },
    ],
    [
      'I4',
      'a coupon that is used by no order',
      async () => {
        await shop.coupon();
        await shop.commerce('member_coupons').update({ status: 'USED', order_id: idToBytes((await shop.orders()).id) });
      },
    ],
    [
      'I7',
      'an order that nobody is about to pay',
      async () => {
        await shop.places();
        await shop.commerce('sagas').delete();
      },
    ],
    [
      'I8',
      'a lost outbox row: the debit that an order waits for',
      async () => {
        await shop.places();
        await shop.commerce('sagas').update(aged(40));
        await shop.commerce('outbox').delete();
      },
    ],
    [
      'I9',
      'an order that was sold and never paid',
      async () => {
        const { id } = await shop.orders();
        await shop
          .payment('ledger_transactions')
          .where({ reference: `order:${id}` })
          .update({ reference: `order:${(await shop.places()).id}` });
      },
    ],
    [
      'I9',
      'an order whose points were taken and given back, and that is paid all the same',
      async () => {
        const { id, memberId, total } = await shop.orders();
        await shop.refunds(id, memberId, total);
      },
    ],
    [
      'I9',
      'points that were taken for an order that never was',
      async () => {
        const { memberId } = await shop.orders();
        await shop.refunds(newId(), memberId, 10);
      },
    ],
    [
      'I9',
      'an order that is through, and whose number was never spent',
      async () => {
        await shop.orders();
        const cameBy = JSON.stringify({ queueId: 'drop', number: 7 });
        await shop
          .commerce('sagas')
          .update({ data: shop.commerce.raw("JSON_SET(data, '$.state.cameBy', JSON_EXTRACT(?, '$'))", [cameBy]) });
      },
    ],
    [
      'I9',
      'an order that costs less than its items',
      async () => {
        await shop.places();
        await shop.commerce('order_items').update({ unit_price: 101 });
      },
    ],
    [
      'I10',
      'two keys of one order',
      async () => {
        await shop.places();
        const [row] = (await shop.commerce('idempotency_keys').select()) as object[];
        await shop.commerce('idempotency_keys').insert({ ...row, scope: Buffer.alloc(32, 7) });
      },
    ],
    [
      'I10',
      'two keys of one coupon',
      async () => {
        await shop.coupon();
        const [row] = (await shop.commerce('idempotency_keys').select()) as object[];
        await shop.commerce('idempotency_keys').insert({ ...row, scope: Buffer.alloc(32, 7) });
      },
    ],
    [
      'I4',
      'a coupon that was counted and is in nobody’s hands',
      async () => {
        await shop.coupon();
        await shop.commerce('member_coupons').delete();
      },
    ],
    [
      'I4',
      'a Redis that has more of a coupon left than the database',
      async () => {
        const { key } = await shop.coupon();
        await shop.redis.hset(key, 'left', 3);
      },
    ],
  ];
  it.each(faults)('%s, by %s', async (invariant, _fault, plant) => {
    await shop.buys({ seatId: 10 });
    await plant();
    expect(await brokenInvariants()).toEqual([invariant]);
  });
});
