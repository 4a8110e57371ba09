import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { array, assert, asyncProperty, constant, nat, oneof, record } from 'fast-check';
import { HOUR_MS, PRODUCTS, testPopular, type TestPopular } from '../testing/test-popular.ts';
import type { Fact } from './ranking.ts';

let popular: TestPopular;
beforeAll(async () => {
  popular = await testPopular();
});
beforeEach(() => popular.begin());
afterAll(() => popular?.stop());

describe('the popular products', () => {
  it('are the five of the last three days of which most were sold, of those alike the newer; cancelled orders and products off sale do not count', async () => {
    const { orders, products, ago, shown } = popular;
    const { rebuild, inRedis, inDatabase } = popular.ranked();
    const sell = (product: number, quantity: number, hours = 1) => orders.paid([{ productId: products[product]!, quantity }], ago(hours));
    await sell(0, 4, 71);
    await sell(0, 1);
    await sell(1, 5);
    await sell(2, 100, 74);
    await sell(2, 2);
    await orders.cancelled(await sell(3, 50), ago(0));
    await sell(4, 90);
    await sell(5, 5);
    await sell(6, 3);
    await orders.putOnSale(products[4]!, false);

    const wanted = [[5, 5], [1, 5], [0, 5], [6, 3], [2, 2]]; // prettier-ignore
    expect(await inRedis()).toBeUndefined();
    expect(await rebuild()).toBe('built');
    const [ranked, added] = [await inRedis(), await inDatabase()];
    expect(shown(ranked)).toEqual(wanted);
    expect(added).toEqual(ranked);
    expect(ranked).toMatchObject({
      since: '2030-01-07T12:00:00.000Z',
      items: [{ name: 'A lamp', available: 1_000, onSale: true }, {}, {}, {}, {}],
    });
  });

  it('leave the list hour by hour', async () => {
    const { orders, products, clock, redis, ago, shown } = popular;
    const { namespace, rebuild, ranking, inRedis, inDatabase } = popular.ranked();
    await orders.paid([{ productId: products[0]!, quantity: 5 }, { productId: products[1]!, quantity: 1 }], ago(72)); // prettier-ignore
    await rebuild();
    await ranking.count(await orders.paid([{ productId: products[0]!, quantity: 2 }], ago(0)));
    expect(shown(await inRedis())).toEqual([[0, 7], [1, 1]]); // prettier-ignore
    clock.advance(HOUR_MS);
    expect(shown(await inRedis())).toEqual([[0, 2]]);
    expect(await inRedis()).toEqual(await inDatabase());
    clock.advance(100 * HOUR_MS);
    expect(shown(await inRedis())).toEqual([]);
    expect(await redis.keys(`${namespace}*:hour:*`)).toHaveLength(0);
  });

  it('are the same from both stores, however often and late events come, and whatever a rebuild runs beside', async () => {
    const { orders, products, clock, ago } = popular;
    const pick = record({
      step: oneof(
        { arbitrary: constant('pay' as const), weight: 6 },
        { arbitrary: constant('cancel' as const), weight: 3 },
        { arbitrary: constant('deliver' as const), weight: 6 },
        { arbitrary: constant('repeat' as const), weight: 2 },
        { arbitrary: constant('rebuild' as const), weight: 1 },
        { arbitrary: constant('read' as const), weight: 1 },
        { arbitrary: constant('pass' as const), weight: 2 },
      ),
      product: nat(PRODUCTS - 1),
      quantity: nat(3),
      which: nat(1_000),
    });
    const beside = array(pick, { minLength: 0, maxLength: 12 });
    await assert(
      asyncProperty(array(pick, { minLength: 20, maxLength: 60 }), beside, async (steps, meanwhile) => {
        await popular.begin();
        const paid: Fact[] = [];
        const pending: Fact[] = [];
        const heard: Fact[] = [];
        const rest = [...meanwhile];
        const { ranking, rebuild, inRedis, inDatabase } = popular.ranked(async () => {
          for (const step of rest.splice(0, 3)) if (step.step !== 'rebuild') await take(step);
        });
        const take = async ({ step, product, quantity, which }: (typeof steps)[number]): Promise<void> => {
          switch (step) {
            case 'pay': {
              const also = { productId: products[(product + 1) % PRODUCTS]!, quantity: 1 };
              const order = await orders.paid([{ productId: products[product]!, quantity: quantity + 1 }, also], ago((which % 3) / 120));
              paid.push(order);
              pending.push(order);
              return;
            }
            case 'cancel': {
              const [order] = paid.splice(which % Math.max(1, paid.length), 1);
              if (order !== undefined) pending.push(await orders.cancelled(order, clock.now()));
              return;
            }
            case 'deliver': {
              const [fact] = pending.splice(which % Math.max(1, pending.length), 1);
              if (fact === undefined) return;
              await ranking.count(fact);
              heard.push(fact);
              return;
            }
            case 'repeat': {
              const fact = heard[which % Math.max(1, heard.length)];
              // what was heard long ago does not come again: the inbox has it
              if (fact !== undefined && clock.now().getTime() - fact.at.getTime() < 12 * HOUR_MS) await ranking.count(fact);
              return;
            }
            case 'rebuild':
              expect(await rebuild()).toBe('built');
              return;
            case 'read':
              await inRedis();
              return;
            default:
              clock.advance((which % 5) * HOUR_MS + which * 1_000);
          }
        };
        await rebuild();
        for (const step of steps) await take(step);
        for (const fact of pending) await ranking.count(fact);
        expect(await inRedis()).toEqual(await inDatabase());
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });

  it('are rebuilt once by two who want to, again when a builder has died, and when Redis has lost them in the middle', async () => {
    const { orders, products, clock, redis, ago, shown } = popular;
    let wipe = false;
    const one = popular.ranked(async () => {
      if (wipe) await redis.flushdb();
    });
    await orders.paid([{ productId: products[0]!, quantity: 1 }], ago(1));
    const begun = { from: 0, floor: clock.now() };
    expect(await one.ranking.begin('dead', begun)).toBe(true);
    expect(await one.rebuild()).toBe('elsewhere');
    for (const key of await redis.keys('*:alive')) await redis.del(key); // as its time will
    expect(await one.rebuild()).toBe('built');
    expect(await one.ranking.load('dead', [{ hour: 1, productId: products[1]!, quantity: 1 }])).toBe(false);
    expect(shown(await one.inRedis())).toEqual([[0, 1]]);

    wipe = true;
    expect(await one.rebuild()).toBe('lost');
    expect(await one.inRedis()).toBeUndefined();
    wipe = false;
    expect(await one.rebuild()).toBe('built');
    await redis.hset(`${one.namespace}:{popular}:meta`, 'reign', 'of another master'); // as after a failover, which may lose writes
    expect(await one.inRedis()).toBeUndefined();
    expect(await one.rebuild()).toBe('built');
    expect(shown(await one.inRedis())).toEqual([[0, 1]]);
  });
});
