import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { event, Message } from '@onsale/contracts';
import { z } from 'zod';
import { beforeCommit, inTransaction } from '../db/index.ts';
import { testMessaging, type MessagingProcess, type MessagingSchema } from '../inbox/testing/index.ts';
import type { Broker, OutgoingMessage } from '../kafka/index.ts';
import { createNotices } from '../redis/index.ts';
import { captureLog, eventually, testKafka, testRedis } from '../testing/index.ts';
import { withTrace } from '../tracing/index.ts';
import { eventOf } from './index.ts';
import { createShardLeases } from './shard-leases.ts';

const noted = event({ owner: 'payment', type: 'test.noted.v1', data: z.object({ n: z.int() }) });
const note = (subject: string, n: number) => eventOf(noted, { subject, sequence: n, data: { n } });
const subjects = Array.from({ length: 24 }, (_, i) => `aggregate-${i}`);

let schema: MessagingSchema;
/** Everything that arrives in the topic, in the order of arrival. */
const arrived: Message[] = [];

const add = (process: MessagingProcess, subject: string, ...ns: number[]): Promise<void> =>
  inTransaction(process.db, (trx) => process.outbox.add(trx, ...ns.map((n) => note(subject, n))));
const arrivedOf = (subject: string): unknown[] => arrived.filter((message) => message.subject === subject).map(({ sequence }) => sequence);
const rowsLeft = async (): Promise<number> => (await schema.db('outbox').select('id')).length;
const shardsOf = async ({ metrics }: MessagingProcess): Promise<number> => {
  const { values } = await metrics.gauge({ name: 'onsale_outbox_shards', help: '' }).get();
  return values[0]?.value ?? 0;
};

describe('the outbox', () => {
  let listener: MessagingProcess;
  let subscription: { stop(): Promise<void> };
  const processes: MessagingProcess[] = [];
  const start = async (options?: Parameters<MessagingSchema['process']>[0]): Promise<MessagingProcess> => {
    const process = await schema.process(options);
    processes.push(process);
    return process;
  };

  beforeAll(async () => {
    schema = await testMessaging({ source: 'payment', namespace: testKafka().namespace });
    listener = await schema.process({ relay: false });
    subscription = await listener.broker.subscribe({
      group: 'listener',
      topics: ['payment.events'],
      handle: async ({ value }) => void arrived.push(Message.parse(JSON.parse(value))),
    });
  });
  afterEach(async () => {
    for (const process of processes.splice(0)) await process.stop();
    arrived.length = 0;
    await schema.db('outbox').delete();
    await schema.db('leases').delete();
  });
  afterAll(async () => {
    await subscription.stop();
    await schema.drop();
  });

  it('sends what was committed, whole, and keeps nothing of it', async () => {
    const process = await start();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await withTrace(traceparent, () => add(process, 'one', 1));
    await eventually(() => expect(arrived).toHaveLength(1));
    expect(arrived[0]).toMatchObject({ type: noted.type, source: 'payment', subject: 'one', sequence: 1, data: { n: 1 } });
    expect(arrived[0]!.traceparent).toContain('0af7651916cd43dd8448eb211c80319c');
    await eventually(async () => expect(await rowsLeft()).toBe(0));
  });

  it('sends nothing of a transaction that was rolled back', async () => {
    const process = await start();
    const failing = inTransaction(process.db, async (trx) => {
      await process.outbox.add(trx, note('rolled-back', 1));
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await add(process, 'rolled-back', 2);
    await eventually(() => expect(arrivedOf('rolled-back')).toEqual([2]));
  });

  it('sends what is added as late as when the others are written', async () => {
    const process = await start();
    await inTransaction(process.db, async (trx) => {
      await process.outbox.add(trx, note('late', 1));
      beforeCommit(trx, () => process.outbox.add(trx, note('late', 2)));
    });
    await eventually(() => expect(arrivedOf('late')).toEqual([1, 2]));
  });

  it('takes messages only inside of an open transaction, and of a size that Kafka takes', async () => {
    const process = await start({ relay: false });
    await expect(process.outbox.add(process.db as never, note('a', 1))).rejects.toThrow('open transaction');
    const large = { ...note('a', 1), data: 'x'.repeat(600_000) };
    await expect(inTransaction(process.db, (trx) => process.outbox.add(trx, large))).rejects.toThrow('bytes');
  });

  it('keeps the order of each aggregate while many write at once', async () => {
    const process = await start();
    const write = async (subject: string) => {
      for (let n = 1; n <= 12; n += 3) await add(process, subject, n, n + 1, n + 2);
    };
    await Promise.all(subjects.map(write));
    await eventually(() => expect(arrived).toHaveLength(subjects.length * 12));
    for (const subject of subjects) expect(arrivedOf(subject)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it('sends again what was published when the process ended before the row was deleted', async () => {
    let endings = 1;
    const wrap = (broker: Broker): Broker => ({
      ...broker,
      publish: async (messages: readonly OutgoingMessage[]) => {
        await broker.publish(messages);
        if (endings-- > 0) throw new Error('ended after publish, before delete');
      },
    });
    const process = await start({ wrap });
    await add(process, 'twice', 1);
    await eventually(() => expect(arrivedOf('twice')).toEqual([1, 1]));
    expect(arrived[0]!.id).toBe(arrived[1]!.id);
    await eventually(async () => expect(await rowsLeft()).toBe(0));
  });

  it('shares the shards between two relays, and sends each message once', async () => {
    const [one, two] = [await start(), await start()];
    await eventually(async () => expect([await shardsOf(one), await shardsOf(two)]).toEqual([8, 8]));
    await Promise.all(subjects.map((subject, i) => add(i % 2 === 0 ? one : two, subject, 1, 2, 3)));
    await eventually(() => expect(arrived).toHaveLength(subjects.length * 3));
    for (const subject of subjects) expect(arrivedOf(subject)).toEqual([1, 2, 3]);
    await one.stop();
    await eventually(async () => expect(await shardsOf(two)).toBe(16));
  });

  it('leaves the shards to others while it cannot send', async () => {
    const cannot = (broker: Broker): Broker => ({ ...broker, publish: () => Promise.reject(new Error('Kafka is not reached from here')) });
    const cut = await start({ leaseMs: 1500, wrap: cannot });
    await eventually(async () => expect(await shardsOf(cut)).toBe(16));
    await start({ leaseMs: 1500 });
    await Promise.all(subjects.map((subject) => add(cut, subject, 1)));
    await eventually(() => expect(arrived).toHaveLength(subjects.length));
    await eventually(async () => expect(await rowsLeft()).toBe(0));
  });

  it('sends any number of large messages, though all are for one partition', async () => {
    const large = event({ owner: 'payment', type: 'test.large.v1', data: z.object({ text: z.string() }) });
    const writer = await start({ relay: false });
    const text = 'x'.repeat(400_000);
    for (const n of [1, 2, 3, 4]) {
      await inTransaction(writer.db, (trx) => writer.outbox.add(trx, eventOf(large, { subject: 'large', sequence: n, data: { text } })));
    }
    await add(writer, 'large', 5);
    await start();
    await eventually(() => expect(arrivedOf('large')).toEqual([1, 2, 3, 4, 5]));
    await eventually(async () => expect(await rowsLeft()).toBe(0));
  });

  it('takes over the shards of a relay that ended without giving them back', async () => {
    const dead = createShardLeases({ db: schema.db, owner: 'dead', leaseMs: 3_600_000, settled: async () => {} });
    expect((await dead.renew()).taken).toHaveLength(16);
    const process = await start({ leaseMs: 1500 });
    expect(await shardsOf(process)).toBe(0);
    await schema
      .db('leases')
      .where({ owner: 'dead' })
      .update({ until: schema.db.raw('NOW(3)') });
    await Promise.all(subjects.map((subject) => add(process, subject, 1)));
    await eventually(() => expect(arrived).toHaveLength(subjects.length));
  });

  it('sends what was left from before it started, and flushes before it stops', async () => {
    const writer = await start({ relay: false });
    await add(writer, 'left', 1);
    const process = await start({ pollMs: 0 });
    await add(process, 'left', 2);
    await process.stop();
    expect(await rowsLeft()).toBe(0);
    await eventually(() => expect(arrivedOf('left')).toEqual([1, 2]));
  });

  describe('with polling off', () => {
    const wokenBy = async ({ metrics }: MessagingProcess, how: string): Promise<number> => {
      const { values } = await metrics.counter({ name: 'onsale_outbox_woken_total', help: '' }).get();
      return values.find(({ labels }) => (labels as { how?: string }).how === how)?.value ?? 0;
    };

    it('is woken by the commit of its own process', async () => {
      const process = await start({ pollMs: 0 });
      await add(process, 'own', 1);
      await eventually(() => expect(arrivedOf('own')).toEqual([1]));
      expect(await wokenBy(process, 'process')).toBe(1);
    });

    it('sends what no wake-up told of with the next renewal of its leases', async () => {
      const process = await start({ pollMs: 0, leaseMs: 1000 });
      const writer = await start({ relay: false }); // knows of no notices
      await add(writer, 'untold', 1);
      await eventually(() => expect(arrivedOf('untold')).toEqual([1]));
      expect([await wokenBy(process, 'process'), await wokenBy(process, 'notice')]).toEqual([0, 0]);
    });

    it('is woken by the notice of another process', async () => {
      const engine = await testRedis();
      const notices = createNotices({ redis: engine.redis, namespace: 'spec', log: captureLog().log });
      await notices.start();
      const relay = await start({ pollMs: 0, notices });
      const writer = await start({ relay: false, notices });
      await Promise.all(subjects.map((subject) => add(writer, subject, 1)));
      await eventually(() => expect(arrived).toHaveLength(subjects.length));
      await eventually(async () => expect(await wokenBy(relay, 'notice')).toBe(subjects.length));
      await notices.stop();
      await engine.stop();
    });
  });
});
