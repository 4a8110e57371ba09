import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createMetrics } from '@onsale/shared/metrics';
import { eventually } from '@onsale/shared/testing';
import { HOUR_MS, testPopular, type TestPopular } from '../testing/test-popular.ts';
import { createRankingKeeper } from './keep-ranking.ts';
import { createPopularProducts } from './popular-products.ts';

let shop: TestPopular;
beforeAll(async () => {
  shop = await testPopular();
});
beforeEach(() => shop.begin());
afterAll(() => shop?.stop());

describe('the answer to many', () => {
  const served = (freshMs?: number, db = shop.db) => {
    const { clock, log } = shop;
    const parts = shop.ranked();
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
    const { orders, products, ago } = shop;
    const { rebuild, inDatabase, popular, looks, lost } = served();
    await orders.paid([{ productId: products[0]!, quantity: 1 }], ago(1));
    await rebuild();
    shop.cut();
    try {
      const answers = await Promise.all(Array.from({ length: 50 }, popular));
      expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(new Set([JSON.stringify(await inDatabase())]));
      await popular();
      expect(await looks()).toEqual({ database: 1 });
      expect(lost).toHaveLength(1);
    } finally {
      await shop.heal();
    }
  });

  it('is the last one that the database gave, when that is away too', async () => {
    let isAway = false;
    let failed = 0;
    const shaky = new Proxy(shop.db, {
      apply: (target, self, args) => {
        if (!isAway) return Reflect.apply(target, self, args) as unknown;
        failed += 1;
        throw new Error('the database is away');
      },
    });
    const { orders, products, ago } = shop;
    const { popular } = served(0, shaky);
    await orders.paid([{ productId: products[2]!, quantity: 2 }], ago(1));
    const answer = await popular(); // nobody has built a ranking
    isAway = true;
    await eventually(async () => {
      expect(await popular()).toEqual(answer);
      expect(failed).toBeGreaterThan(1);
    });
  });

  it('comes from Redis again when the keeper has found that it was emptied, and is the same', async () => {
    const { orders, products, redis, ago } = shop;
    const { keeper, popular, looks, inRedis } = served(0);
    await orders.paid([{ productId: products[3]!, quantity: 2 }], ago(1));
    await keeper.part.start();
    try {
      await eventually(async () => expect(await inRedis()).toBeDefined());
      const answer = await popular();
      await redis.flushdb();
      const meanwhile = await popular();
      await eventually(async () => expect(await inRedis()).toBeDefined());
      expect([meanwhile, await popular()]).toEqual([answer, answer]);
      expect(await looks()).toMatchObject({ redis: expect.any(Number) });
    } finally {
      await keeper.part.stop();
    }
  });

  it('is made anew when somebody asks, and when it is old', async () => {
    const { clock } = shop;
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
