import { afterEach, describe, expect, it } from '@jest/globals';
import { createMetrics } from '../metrics/index.ts';
import { captureLog, eventually, testKafka } from '../testing/index.ts';
import { createKafkaBroker, type Broker, type IncomingMessage, type OutgoingMessage } from './index.ts';

const { brokers, namespace } = testKafka();
const started: Broker[] = [];
const logs = captureLog();

const startBroker = async (metrics = createMetrics({ service: 'spec', defaults: false })): Promise<Broker> => {
  const broker = createKafkaBroker({ brokers, clientId: 'spec', namespace, partitions: 3, log: logs.log, metrics });
  started.push(broker);
  await broker.start();
  return broker;
};

const messages = (topic: string, ...values: string[]): OutgoingMessage[] => values.map((value) => ({ topic, key: value[0]!, value }));
/** A message may come again, after a rebalance say: in what order did they come first? */
const once = (values: readonly string[]): string[] => [...new Set(values)];
const valuesOf = (list: readonly IncomingMessage[], key: string): string[] =>
  once(list.filter((one) => one.key === key).map(({ value }) => value));

describe('the Kafka broker', () => {
  afterEach(async () => {
    for (const broker of started.splice(0)) await broker.stop();
    // what the client library tries again is no error
    expect(logs.lines().filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('brings messages with their key, headers and place, in order for each key, by names without the namespace', async () => {
    const broker = await startBroker();
    const got: IncomingMessage[] = [];
    await broker.subscribe({ group: 'order', topics: ['order'], handle: async (message) => void got.push(message) });
    await broker.publish(messages('order', 'a1', 'b1', 'a2', 'a3', 'b2').map((one) => ({ ...one, headers: { kind: one.value } })));
    await eventually(() => expect(once(got.map(({ value }) => value))).toHaveLength(5));
    expect(valuesOf(got, 'a')).toEqual(['a1', 'a2', 'a3']);
    expect(valuesOf(got, 'b')).toEqual(['b1', 'b2']);
    expect(got[0]).toMatchObject({ topic: 'order', headers: { kind: got[0]!.value }, offset: '0' });
  });

  it('handles other keys while one key is slow, and the slow key in order', async () => {
    const broker = await startBroker();
    const got: string[] = [];
    const slow = Promise.withResolvers<void>();
    await broker.ensureTopics(['side']);
    await broker.publish(messages('side', 'a1', 'a2', 'b1', 'c1', 'd1'));
    try {
      await broker.subscribe({
        group: 'side',
        topics: ['side'],
        handle: async ({ value }) => {
          if (value === 'a1') await slow.promise;
          got.push(value);
        },
      });
      await eventually(() => expect(once(got).toSorted()).toEqual(['b1', 'c1', 'd1']));
    } finally {
      slow.resolve(); // what stops a broker waits for its handlers
    }
    await eventually(() => expect(once(got).slice(3)).toEqual(['a1', 'a2']));
  });

  it('brings a message again until it is handled, and only then what is behind it', async () => {
    const broker = await startBroker();
    const got: string[] = [];
    let failures = 2;
    await broker.subscribe({
      group: 'again',
      topics: ['again'],
      handle: async ({ value }) => {
        if (value === 'a1' && failures > 0) {
          failures -= 1;
          throw new Error('the engine is away');
        }
        got.push(value);
      },
    });
    await broker.publish(messages('again', 'a1', 'a2'));
    await eventually(() => expect(once(got)).toEqual(['a1', 'a2']));
  });

  it('goes on in a new process where the one before has stopped', async () => {
    const first = await startBroker();
    const got: string[] = [];
    const options = { group: 'resume', topics: ['resume'], handle: async ({ value }: IncomingMessage) => void got.push(value) };
    await first.subscribe(options);
    await first.publish(messages('resume', 'a1', 'b1'));
    await eventually(() => expect(once(got)).toHaveLength(2));
    await first.stop();
    const second = await startBroker();
    await second.subscribe(options);
    await second.publish(messages('resume', 'a2'));
    await eventually(() => expect(once(got).toSorted()).toEqual(['a1', 'a2', 'b1']));
  });

  it('shares the partitions of a topic between the members of a group', async () => {
    const [one, two] = [await startBroker(), await startBroker()];
    const got = new Map<string, Set<string>>([
      ['one', new Set()],
      ['two', new Set()],
    ]);
    const take = (name: string) => ({
      group: 'share',
      topics: ['share'],
      handle: async ({ key }: IncomingMessage) => void got.get(name)!.add(key),
    });
    const all = 'abcdefghijklmnop'.split('');
    const ofBoth = () => [...got.get('one')!, ...got.get('two')!];
    await one.subscribe(take('one'));
    await two.subscribe(take('two'));
    await eventually(
      async () => {
        for (const keys of got.values()) keys.clear(); // until both are in the group, one has all
        await one.publish(messages('share', ...all));
        await eventually(() => expect(ofBoth().toSorted()).toEqual(all), { withinMs: 3_000 });
        expect(got.get('one')!.size).toBeGreaterThan(0);
        expect(got.get('two')!.size).toBeGreaterThan(0);
      },
      { withinMs: 60_000, everyMs: 250 },
    );
  });

  it('knows how many messages wait', async () => {
    const broker = await startBroker();
    const hold = Promise.withResolvers<void>();
    await broker.subscribe({ group: 'lag', topics: ['lag'], handle: () => hold.promise });
    await broker.publish(messages('lag', 'a1', 'a2', 'b1'));
    expect(await broker.lag()).toEqual([{ group: 'lag', topic: 'lag', messages: 3 }]);
    hold.resolve();
    await eventually(async () => expect(await broker.lag()).toEqual([{ group: 'lag', topic: 'lag', messages: 0 }]));
  });

  it('tells as a number whether it is in its group, as long as it is subscribed', async () => {
    const metrics = createMetrics({ service: 'spec', defaults: false });
    const joined = async () =>
      (await metrics.registry.getSingleMetric('onsale_consumer_joined')!.get()).values.map(({ labels, value }) => ({ ...labels, value }));
    const broker = await startBroker(metrics);
    const subscription = await broker.subscribe({ group: 'joined', topics: ['joined'], handle: async () => {} });
    expect(await joined()).toEqual([{ group: 'joined', value: 1 }]);
    await subscription.stop();
    expect(await joined()).toEqual([]);
  });

  it('cannot be started without a broker', async () => {
    const metrics = createMetrics({ service: 'spec', defaults: false });
    const broker = createKafkaBroker({ brokers: ['127.0.0.1:1'], clientId: 'spec', namespace, log: captureLog().log, metrics });
    await expect(broker.start()).rejects.toThrow();
    await broker.stop();
  });
});
