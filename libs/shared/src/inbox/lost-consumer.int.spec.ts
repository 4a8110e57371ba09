import { afterEach, describe, expect, it } from '@jest/globals';
import { event } from '@onsale/contracts';
import { z } from 'zod';
import { createDatabase, inTransaction, type Database } from '../db/index.ts';
import { createKafkaBroker, type Broker } from '../kafka/index.ts';
import { createMetrics } from '../metrics/index.ts';
import { createOutbox, createOutboxTables, eventOf } from '../outbox/index.ts';
import { captureLog, eventually, testDatabase, testKafka, testProxy } from '../testing/index.ts';
import { createConsumer, createInboxTable, on } from './index.ts';

const noted = event({ owner: 'payment', type: 'test.noted.v1', data: z.object({}) });
const POOL = 2;
const GROUP = 'payment';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const take = async (db: Database): Promise<unknown> => {
  const connection: unknown = await eventually(() => db.client.acquireConnection()); // to make one may take longer than it may be waited for
  ends.push(async () => db.client.releaseConnection(connection));
  return connection;
};

/** A consumer whose way to its database can be disturbed, watched closely; `send` goes by another way. */
const given = async () => {
  const schema = await testDatabase();
  ends.push(() => schema.drop());
  await createOutboxTables(schema.db);
  await createInboxTable(schema.db);
  await schema.db.schema.createTable('effects', (table) => void table.string('subject'));
  const engine = await testProxy(schema.url);
  ends.push(() => engine.stop());
  const db = createDatabase({ url: engine.url, poolSize: POOL, acquireTimeoutMs: 200 });
  ends.push(() => db.destroy());

  const { brokers, namespace } = testKafka();
  const { log } = captureLog();
  const metrics = createMetrics({ service: 'spec', defaults: false });
  const lost: unknown[] = [];
  const watch = { stalledMs: 500, watchMs: 100, onFatal: (error: unknown) => void lost.push(error) };
  const kafka = createKafkaBroker({ brokers, clientId: 'spec', namespace, partitions: 1, log, metrics, ...watch });
  const deadLetters = { taken: true };
  const broker: Broker = {
    ...kafka,
    publish: async (messages) => {
      if (!deadLetters.taken && messages.some(({ topic }) => topic.endsWith('.dlq'))) throw new Error('not enough replicas');
      await kafka.publish(messages);
    },
  };
  await broker.start();
  ends.push(() => broker.stop());
  const outbox = createOutbox({ db: schema.db, broker, source: 'payment', log, metrics });
  await outbox.relay.start();
  ends.push(() => outbox.relay.stop());
  const handlers = [on(noted, async ({ subject }, trx) => void (await trx('effects').insert({ subject })))];
  const consumer = createConsumer({ group: GROUP, db, broker, outbox, handlers, log, metrics });
  await consumer.start();
  ends.push(() => consumer.stop());

  const total = async (name: `onsale_${string}`): Promise<number> =>
    (await metrics.counter({ name, help: '' }).get()).values.reduce((sum, { value }) => sum + value, 0);
  return {
    engine,
    db,
    lost,
    broker,
    deadLetters,
    total,
    send: (subject: string) => inTransaction(schema.db, (trx) => outbox.add(trx, eventOf(noted, { subject, data: {} }))),
    effects: () => schema.db('effects').pluck('subject') as Promise<string[]>,
    parked: async () => (await schema.db('retries').select()).length,
  };
};

describe('a consumer that cannot go on', () => {
  it('rests while the engine is away, counts nothing, and goes on when it is back', async () => {
    const { engine, lost, broker, total, send, effects, parked } = await given();
    engine.cut();
    await send('a');
    // 0.25 + 0.5 + 1 s of rests, jittered: some of the times in which it would be found lost
    await eventually(async () => expect(await total('onsale_consumer_pauses_total')).toBeGreaterThanOrEqual(4));
    expect(lost).toEqual([]);
    await broker.consuming();

    engine.heal();
    await eventually(async () => expect(await effects()).toEqual(['a']));
    expect([await total('onsale_consumer_failures_total'), await total('onsale_consumer_dead_total'), await parked()]).toEqual([0, 0, 0]);
  });

  it('rests, and is not lost, while a message is to be put aside and its dead-letter topic takes nothing', async () => {
    const { lost, broker, deadLetters, total, send, effects } = await given();
    deadLetters.taken = false;
    await broker.publish([{ topic: 'payment.events', key: 'a', value: 'not json' }]);
    await send('b');
    await eventually(async () => expect(await total('onsale_consumer_pauses_total')).toBeGreaterThanOrEqual(4));
    expect(lost).toEqual([]);
    await broker.consuming();

    deadLetters.taken = true;
    await eventually(async () => expect(await effects()).toEqual(['b']));
    await eventually(async () => expect(await total('onsale_consumer_dead_total')).toBe(1));
  });

  it('is lost when the engine answers everybody but its pool', async () => {
    const { db, lost, broker, total, send } = await given();
    for (let n = 0; n < POOL; n += 1) await take(db);
    await send('a');
    await eventually(() => expect(lost).toHaveLength(1));
    expect(await total('onsale_consumer_pauses_total')).toBeGreaterThan(0);
    await expect(broker.consuming()).rejects.toThrow('lost');
  });
});
