import { topicOf } from '@onsale/contracts';
import * as contract from '@onsale/contracts/commerce';
import { newId } from '@onsale/shared/ids';
import { createKafkaBroker, type Broker } from '@onsale/shared/kafka';
import { createMetrics } from '@onsale/shared/metrics';
import { captureLog, eventually, testKafka, testProxy, type TestProxy } from '@onsale/shared/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCommerce, type Commerce } from '../testing/start-commerce.ts';

let commerce: Commerce;
let broker: Broker;
let redis: TestProxy;
beforeAll(async () => {
  commerce = await startCommerce({
    overrides: { rankingEveryMs: 3_600_000 }, // built when it starts, and then followed by events alone
    redisUrlOf: async (url) => (redis = await testProxy(url)).url,
  });
  broker = createKafkaBroker({
    brokers: testKafka().brokers,
    clientId: 'spec',
    namespace: commerce.namespace,
    partitions: 3,
    log: captureLog().log,
    metrics: createMetrics({ service: 'spec', defaults: false }),
  });
  await broker.start();
  await eventually(async () => expect((await commerce.operator.call(contract.readPopularRanking)).builtAt).toBeDefined());
});
afterAll(async () => {
  await broker.stop();
  await commerce.stop();
  await redis.stop();
});

const newProduct = async (): Promise<string> =>
  (await commerce.operator.call(contract.createProduct, { body: { name: 'A lamp', price: 1, stock: 100 }, idempotencyKey: newId() })).id;

/** An order that no table knows of: it is counted only if its events are. */
const order = (productId: string, quantity: number) => {
  const now = new Date().toISOString();
  const fact = { orderId: newId(), memberId: newId(), items: [{ productId, quantity, unitPrice: 1 }], total: quantity, completedAt: now };
  const tell = (type: string, data: object) => async (id: string) => {
    const message = { specversion: '1.0', id, source: 'commerce', type, subject: fact.orderId, time: now, data };
    await broker.publish([{ topic: topicOf('commerce', 'events'), key: fact.orderId, value: JSON.stringify(message) }]);
  };
  return {
    isPaid: tell(contract.orderCompleted.type, fact),
    isCancelled: tell(contract.orderCancelled.type, { ...fact, cancelledAt: now }),
  };
};
const soldOf = async (productId: string): Promise<number> => {
  const { items } = await commerce.anonymous.call(contract.listPopularProducts);
  return items.find(({ id }) => id === productId)?.sold ?? 0;
};

describe('the ranking', () => {
  it('follows orders that are paid and cancelled, each once, whoever tells of them again', async () => {
    const product = await newProduct();
    const [kept, cancelled] = [order(product, 3), order(product, 4)];
    const ids = Array.from({ length: 5 }, newId);
    for (const id of [ids[0]!, ids[0]!, ids[1]!]) await kept.isPaid(id);
    await cancelled.isPaid(ids[2]!);
    for (const id of [ids[3]!, ids[4]!]) await cancelled.isCancelled(id);
    await eventually(async () => expect(await commerce.db('inbox').whereIn('message_id', ids)).toHaveLength(ids.length));
    const [sums] = await commerce.redis.keys('*{popular}:*:sums');
    expect(await commerce.redis.zscore(sums!, product)).toBe('3');
    await eventually(async () => expect(await soldOf(product)).toBe(3));
  });

  it('counts what was told while Redis was away, when it is back', async () => {
    const product = await newProduct();
    redis.cut();
    try {
      await order(product, 2).isPaid(newId());
      await order(product, 5).isPaid(newId());
      await eventually(async () => expect(await commerce.metric('onsale_consumer_pauses_total')).toBeGreaterThan(0));
    } finally {
      redis.heal();
    }
    await eventually(async () => expect(await soldOf(product)).toBe(7), { withinMs: 60_000 });
    expect(await commerce.db('retries')).toEqual([]);
  });

  it('is made anew when an operator asks, audited: what no table knows of is gone then', async () => {
    const product = await newProduct();
    await order(product, 50).isPaid(newId());
    await eventually(async () => expect(await soldOf(product)).toBe(50));
    const before = await commerce.operator.call(contract.readPopularRanking);
    const asked = await commerce.operator.answer(contract.rebuildPopularRanking);
    expect([asked.status, asked.headers.get('location')]).toEqual([202, '/api/v1/admin/products/popular']);
    await eventually(async () => expect((await commerce.operator.call(contract.readPopularRanking)).builtAt).not.toBe(before.builtAt));
    await eventually(async () => expect(await soldOf(product)).toBe(0));
    const { items } = await commerce.operator.call(contract.readCommerceAudit, { query: { subject: 'popular' } });
    expect(items).toMatchObject([{ actor: commerce.operatorId, action: 'popular.rebuild', before: { builtAt: before.builtAt } }]);
  });
});
