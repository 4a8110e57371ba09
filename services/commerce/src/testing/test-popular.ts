import { newId } from '@onsale/shared/ids';
import { createRedis } from '@onsale/shared/redis';
import { captureLog, eventually, fixedClock, testDatabase, testProxy, testRedis } from '@onsale/shared/testing';
import { popularInDatabase, popularInRedis } from '../popular/popular-products.ts';
import { createRanking, type Ranking } from '../popular/ranking.ts';
import { rebuildRanking } from '../popular/rebuild-ranking.ts';
import { paidOrders } from './paid-orders.ts';

const NOON = '2030-01-10T12:30:00.000Z';
export const HOUR_MS = 3_600_000;
/** So many products are in the tables. */
export const PRODUCTS = 7;

/** Products and paid orders on engines of their own, at noon of a day, and any number of rankings of them. */
export const testPopular = async () => {
  const schema = await testDatabase({ migrations: new URL('../../migrations/', import.meta.url) });
  const engine = await testRedis();
  const proxy = await testProxy(engine.url);
  const { log } = captureLog();
  const redis = createRedis({ url: proxy.url, name: 'spec', log, commandMs: 20_000 });
  const clock = fixedClock(NOON);
  const { db } = schema;
  const orders = paidOrders(db);
  const products: string[] = [];
  for (let n = 0; n < PRODUCTS; n += 1) products.push(await orders.product());

  return {
    db,
    log,
    clock,
    orders,
    /** In the order in which they were made. */
    products,
    /** Redis itself, which can be asked while the way of the rankings to it is cut. */
    redis: engine.redis,
    cut: () => proxy.cut(),
    heal: async (): Promise<void> => {
      proxy.heal();
      await eventually(() => redis.ping());
    },
    ago: (hours: number): Date => new Date(clock.now().getTime() - hours * HOUR_MS),
    /** The answer in short: which products, and how many of each. */
    shown: (answer: { items: readonly { id: string; sold: number }[] } | undefined) =>
      answer?.items.map(({ id, sold }) => [products.indexOf(id), sold]),
    /** Noon again, nothing sold, and every product on sale. */
    begin: async (): Promise<void> => {
      clock.set(NOON);
      await db('order_items').delete();
      await db('orders').delete();
      await db('products').update({ on_sale: true });
    },
    /** A ranking of its own, and both ways to the answer. `between` is called between any two steps of a rebuild. */
    ranked: (between: () => Promise<unknown> = async () => {}) => {
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
        ranking,
        rebuild: rebuildRanking({ db, ranking: slow, clock, newId }),
        inRedis: popularInRedis({ db, ranking, clock }),
        inDatabase: popularInDatabase({ db, clock }),
      };
    },
    stop: async (): Promise<void> => {
      redis.disconnect();
      await proxy.stop();
      await engine.stop();
      await schema.drop();
    },
  };
};

export type TestPopular = Awaited<ReturnType<typeof testPopular>>;
