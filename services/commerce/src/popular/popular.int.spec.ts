import { newId } from '@onsale/shared/ids';
import { createMetrics } from '@onsale/shared/metrics';
import { createRedis, type Redis } from '@onsale/shared/redis';
import {
  captureLog,
  eventually,
  fixedClock,
  testDatabase,
  testProxy,
  testRedis,
  type TestDatabase,
  type TestProxy,
  type TestRedis,
} from '@onsale/shared/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { array, assert, asyncProperty, constant, nat, oneof, record } from 'fast-check';
import { paidOrders } from '../testing/paid-orders.ts';
import { createRankingKeeper } from './keep-ranking.ts';
import { createPopularProducts, popularInDatabase, popularInRedis } from './popular-products.ts';
import { createRanking, type Fact, type Ranking } from './ranking.ts';
import { rebuildRanking } from './rebuild-ranking.ts';

const NOON = '2030-01-10T12:30:00.000Z';
const HOUR_MS = 3_600_000;
const PRODUCTS = 7;

let schema: TestDatabase;
let engine: TestRedis;
let proxy: TestProxy;
let redis: Redis;
const clock = fixedClock(NOON);
const log = captureLog().log;
/** In the order in which they were made. */
const products: string[] = [];

beforeAll(async () => {
  schema = await testDatabase({ migrations: new URL('../../migrations/', import.meta.url) });
  engine = await testRedis();
  proxy = await testProxy(engine.url);
  redis = createRedis({ url: proxy.url, name: 'spec', log });
  for (let n = 0; n < PRODUCTS; n += 1) products.push(await paidOrders(schema.db).product());
});
beforeEach(async () => {
  clock.set(NOON);
  await schema.db('order_items').delete();
  await schema.db('orders').delete();
  await schema.db('products').update({ on_sale: true });
});
afterAll(async () => {
  redis.disconnect();
  await proxy.stop();
  await engine.stop();
  await schema.drop();
});

/** A ranking of its own, and both ways to the answer. `between` is called between any two steps of a rebuild. */
const given = (between: () => Promise<unknown> = async () => {}) => {
  const { db } = schema;
  const namespace = `test-${newId()}`;
  const ranking = createRanking({ redis, namespace });
  const after =
    <A extends unknown[], T>(step: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      const done = await step(...args);
      await between();
      return done;
    };
  const slow: Ranking = { ...ranking, begin: after(ranking.begin), load: after(ranking.load), recount: after(ranking.recount) };
  return {
    namespace,
    orders: paidOrders(db),
    ranking,
    rebuild: rebuildRanking({ db, ranking: slow, clock, newId }),
    inRedis: popularInRedis({ db, ranking, clock }),
    inDatabase: popularInDatabase({ db, clock }),
  };
};
const ago = (hours: number): Date => new Date(clock.now().getTime() - hours * HOUR_MS);
const shown = (answer: { items: readonly { id: string; sold: number }[] } | undefined) =>
  answer?.items.map(({ id, sold }) => [products.indexOf(id), sold]);

describe('the popular products', () => {
  it('are the five of the last three days of which most were sold, of those alike the newer; cancelled orders and products off sale do not count', async () => {
    const { orders, rebuild, inRedis, inDatabase } = given();
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
    const { namespace, orders, rebuild, ranking, inRedis, inDatabase } = given();
    await orders.paid([{ productId: products[0]!, quantity: 5 }, { productId: products[1]!, quantity: 1 }], ago(72)); // prettier-ignore
    await rebuild();
    await ranking.count(await orders.paid([{ productId: products[0]!, quantity: 2 }], ago(0)));
    expect(shown(await inRedis())).toEqual([[0, 7], [1, 1]]); // prettier-ignore
    clock.advance(HOUR_MS);
    expect(shown(await inRedis())).toEqual([[0, 2]]);
    expect(await inRedis()).toEqual(await inDatabase());
    clock.advance(100 * HOUR_MS);
    expect(shown(await inRedis())).toEqual([]);
    expect(await engine.redis.keys(`${namespace}*:hour:*`)).toHaveLength(0);
  });

  it('are the same from both stores, however often and late events come, and whatever a rebuild runs beside', async () => {
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
        await schema.db('order_items').delete();
        await schema.db('orders').delete();
        clock.set(NOON);
        const paid: Fact[] = [];
        const pending: Fact[] = [];
        const heard: Fact[] = [];
        const rest = [...meanwhile];
        const { orders, ranking, rebuild, inRedis, inDatabase } = given(async () => {
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
    let wipe = false;
    const one = given(async () => {
      if (wipe) await engine.redis.flushdb();
    });
    await one.orders.paid([{ productId: products[0]!, quantity: 1 }], ago(1));
    const begun = { from: 0, floor: clock.now() };
    expect(await one.ranking.begin('dead', begun)).toBe(true);
    expect(await one.rebuild()).toBe('elsewhere');
    for (const key of await engine.redis.keys('*:alive')) await engine.redis.del(key); // as its time will
    expect(await one.rebuild()).toBe('built');
    expect(await one.ranking.load('dead', [{ hour: 1, productId: products[1]!, quantity: 1 }])).toBe(false);
    expect(shown(await one.inRedis())).toEqual([[0, 1]]);

    wipe = true;
    expect(await one.rebuild()).toBe('lost');
    expect(await one.inRedis()).toBeUndefined();
    wipe = false;
    expect(await one.rebuild()).toBe('built');
    await engine.redis.hset(`${one.namespace}:{popular}:meta`, 'reign', 'of another master'); // as after a failover, which may lose writes
    expect(await one.inRedis()).toBeUndefined();
    expect(await one.rebuild()).toBe('built');
    expect(shown(await one.inRedis())).toEqual([[0, 1]]);
  });
});

describe('the answer to many', () => {
  const served = (freshMs?: number, db = schema.db) => {
    const parts = given();
    const metrics = createMetrics({ service: 'spec', defaults: false });
    const keeper = createRankingKeeper({ ...parts, clock, everyMs: 50, log, metrics });
    const lost: true[] = [];
    const onLost = (): void => void lost.push(true);
    const times = freshMs === undefined ? {} : { freshMs, fromDatabaseMs: freshMs };
    const popular = createPopularProducts({ db, ranking: parts.ranking, clock, onLost, log, metrics, ...times });
    const looks = async (): Promise<Record<string, number>> =>
      Object.fromEntries(
        (await metrics.registry.getSingleMetric('onsale_popular_looks_total')!.get()).values.map(({ labels, value }) => [
          String(labels['from']),
          value,
        ]),
      );
    return { ...parts, keeper, popular, lost, looks };
  };

  it('is one look for all who ask, by the database while Redis is away, and none for those who ask again', async () => {
    const { orders, rebuild, inDatabase, popular, looks, lost } = served();
    await orders.paid([{ productId: products[0]!, quantity: 1 }], ago(1));
    await rebuild();
    proxy.cut();
    try {
      const answers = await Promise.all(Array.from({ length: 50 }, popular));
      expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(new Set([JSON.stringify(await inDatabase())]));
      await popular();
      expect(await looks()).toEqual({ database: 1 });
      expect(lost).toHaveLength(1);
    } finally {
      proxy.heal();
      await eventually(() => redis.ping());
    }
  });

  it('is the last one that the database gave, when that is away too', async () => {
    let isAway = false;
    let failed = 0;
    const shaky = new Proxy(schema.db, {
      apply: (target, self, args) => {
        if (!isAway) return Reflect.apply(target, self, args) as unknown;
        failed += 1;
        throw new Error('the database is away');
      },
    });
    const { orders, popular } = served(0, shaky);
    await orders.paid([{ productId: products[2]!, quantity: 2 }], ago(1));
    const answer = await popular(); // nobody has built a ranking
    isAway = true;
    await eventually(async () => {
      expect(await popular()).toEqual(answer);
      expect(failed).toBeGreaterThan(1);
    });
  });

  it('comes from Redis again when the keeper has found that it was emptied, and is the same', async () => {
    const { orders, keeper, popular, looks, inRedis } = served(0);
    await orders.paid([{ productId: products[3]!, quantity: 2 }], ago(1));
    await keeper.part.start();
    try {
      await eventually(async () => expect(await inRedis()).toBeDefined());
      const answer = await popular();
      await engine.redis.flushdb();
      const meanwhile = await popular();
      await eventually(async () => expect(await inRedis()).toBeDefined());
      expect([meanwhile, await popular()]).toEqual([answer, answer]);
      expect(await looks()).toMatchObject({ redis: expect.any(Number) });
    } finally {
      await keeper.part.stop();
    }
  });

  it('is made anew when somebody asks, and when it is old', async () => {
    const { ranking, keeper } = served();
    const builtAt = async () => (await ranking.figures()).built?.at.getTime();
    await keeper.part.start();
    try {
      await eventually(async () => expect(await builtAt()).toBe(clock.now().getTime()));
      clock.advance(1_000);
      keeper.ask();
      await eventually(async () => expect(await builtAt()).toBe(clock.now().getTime()));
      clock.advance(7 * HOUR_MS);
      await eventually(async () => expect(await builtAt()).toBe(clock.now().getTime()));
    } finally {
      await keeper.part.stop();
    }
  });
});
