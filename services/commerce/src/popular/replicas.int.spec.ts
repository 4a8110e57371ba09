import { topicOf } from '@onsale/contracts';
import { orderCancelled, orderCompleted } from '@onsale/contracts/commerce';
import { createConsumer } from '@onsale/shared/inbox';
import { newId, systemClock as clock } from '@onsale/shared/ids';
import { createKafkaBroker } from '@onsale/shared/kafka';
import { createMetrics } from '@onsale/shared/metrics';
import { createOutbox } from '@onsale/shared/outbox';
import { createRedis } from '@onsale/shared/redis';
import { captureLog, eventually, testDatabase, testKafka, testRedis, type TestDatabase, type TestRedis } from '@onsale/shared/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { paidOrders } from '../testing/paid-orders.ts';
import { popularityHandlers } from './consumer.ts';
import { createRankingKeeper } from './keep-ranking.ts';
import { popularInDatabase, popularInRedis } from './popular-products.ts';
import { createRanking, type Fact, type Ranking } from './ranking.ts';
import { rebuildRanking, type Rebuilt } from './rebuild-ranking.ts';

/** As many as are shown at most: so the answer tells of all. */
const PRODUCTS = 5;
const GROUP = 'commerce-popular';
const kafka = testKafka();
const { log } = captureLog();
/** A busy machine may take so long to get two consumers into a group, or to try again what had no answer in time. */
const patiently = { withinMs: 60_000 };

/** Goes on in the shop while a rebuild has read all that it reads. */
let beforeTheEnd = async (): Promise<void> => {};

/** What a replica has of the ranking: connections, a consumer and a keeper of its own. Nothing is started but the way to Kafka. */
const startReplica = async ({ db }: TestDatabase, redisUrl: string) => {
  const metrics = createMetrics({ service: 'spec', defaults: false });
  const redis = createRedis({ url: redisUrl, name: 'replica', log, commandMs: 20_000 });
  const broker = createKafkaBroker({ ...kafka, clientId: 'replica', partitions: 4, log, metrics });
  const outbox = createOutbox({ db, broker, source: 'commerce', log, metrics });
  const ranking = createRanking({ redis, namespace: kafka.namespace });
  const heard = new Set<string>();
  const count = async (fact: Fact): Promise<void> => {
    heard.add(fact.orderId);
    await ranking.count(fact);
  };
  const handlers = popularityHandlers({ ranking: { ...ranking, count } });
  const consumer = createConsumer({ group: GROUP, db, broker, outbox, handlers, concurrency: 1, log, metrics });
  const finish: Ranking['finish'] = async (...args) => {
    await beforeTheEnd();
    return ranking.finish(...args);
  };
  const rebuild = rebuildRanking({ db, ranking: { ...ranking, finish }, clock, newId });
  const outcomes: Rebuilt[] = [];
  const rebuildAndTell = async (): Promise<Rebuilt> => {
    const outcome = await rebuild();
    outcomes.push(outcome);
    return outcome;
  };
  const keeper = createRankingKeeper({ ranking, rebuild: rebuildAndTell, clock, everyMs: 20, log, metrics });
  await broker.start();
  return {
    broker,
    consumer,
    keeper,
    rebuild,
    heard,
    outcomes,
    answer: popularInRedis({ db, ranking, clock }),
    stop: async (): Promise<void> => {
      await keeper.part.stop();
      await consumer.stop();
      await broker.stop();
      redis.disconnect();
    },
  };
};
type Replica = Awaited<ReturnType<typeof startReplica>>;

let schema: TestDatabase;
let engine: TestRedis;
let one: Replica;
let other: Replica;
const products: string[] = [];
beforeAll(async () => {
  [schema, engine] = await Promise.all([testDatabase({ migrations: new URL('../../migrations/', import.meta.url) }), testRedis()]);
  for (let n = 0; n < PRODUCTS; n += 1) products.push(await paidOrders(schema.db).product());
  [one, other] = [await startReplica(schema, engine.url), await startReplica(schema, engine.url)];
  await Promise.all([one.consumer.start(), other.consumer.start()]);
});
afterAll(async () => {
  await Promise.all([one?.stop(), other?.stop()]);
  await engine?.stop();
  await schema?.drop();
});

const told: string[] = [];
/** Told twice, as after a death, the second time under another key: most often to the other replica. */
const tell = async ({ kind, orderId, at, items }: Fact, completedAt = at): Promise<void> => {
  const bought = items.map((item) => ({ ...item, unitPrice: 100 }));
  const fact = { orderId, memberId: newId(), items: bought, total: 100, completedAt: completedAt.toISOString() };
  const [type, data] =
    kind === 'completed' ? [orderCompleted.type, fact] : [orderCancelled.type, { ...fact, cancelledAt: at.toISOString() }];
  const messages = [orderId, newId()].map((key) => {
    const id = newId();
    told.push(id);
    const value = { specversion: '1.0', id, source: 'commerce', type, subject: orderId, time: at.toISOString(), data };
    return { topic: topicOf('commerce', 'events'), key, value: JSON.stringify(value) };
  });
  await one.broker.publish(messages);
};

let trades = 0;
/** An order of one or two products, every third of which is cancelled. */
const trade = async (): Promise<void> => {
  const n = (trades += 1);
  const orders = paidOrders(schema.db);
  const items = [{ productId: products[n % PRODUCTS]!, quantity: 1 + (n % 3) }, { productId: products[(n + 2) % PRODUCTS]!, quantity: 1 }]; // prettier-ignore
  const order = await orders.paid(items.slice(n % 2), clock.now());
  await tell(order);
  if (n % 3 === 0) await tell(await orders.cancelled(order, clock.now()), order.at);
};
const allIsHeard = () =>
  eventually(async () => expect(await schema.db('inbox').whereIn('message_id', told)).toHaveLength(told.length), patiently);
/** Once all is heard both replicas answer from Redis what the database does. */
const agree = async (): Promise<void> => {
  await allIsHeard();
  await eventually(async () => {
    const wanted = await popularInDatabase({ db: schema.db, clock })();
    expect([await one.answer(), await other.answer()]).toEqual([wanted, wanted]);
  });
};

describe('the popular products of two replicas', () => {
  it('are what the orders say, whichever of them hears of an order, and whichever makes the ranking anew meanwhile', async () => {
    await paidOrders(schema.db).paid([{ productId: products[0]!, quantity: 9 }], new Date(clock.now().getTime() - 86_400_000));
    await eventually(async () => expect(await one.rebuild()).toBe('built'), patiently);
    await eventually(async () => {
      await trade();
      expect([one.heard.size, other.heard.size]).not.toContain(0);
    }, patiently);
    await Promise.all(Array.from({ length: 20 }, trade));
    await agree();

    beforeTheEnd = async () => {
      await Promise.all(Array.from({ length: 10 }, trade));
      await allIsHeard();
    };
    await Promise.all([one.keeper.part.start(), other.keeper.part.start()]);
    for (const { keeper } of [one, other]) keeper.ask();
    await Promise.all(Array.from({ length: 20 }, trade));
    await eventually(() => expect([one.outcomes.includes('built'), other.outcomes.includes('built')]).toEqual([true, true]), patiently);
    await agree();
  });
});
