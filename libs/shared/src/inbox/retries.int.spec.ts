import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { event, type Message } from '@onsale/contracts';
import { z } from 'zod';
import type { Broker, OutgoingMessage } from '../kafka/index.ts';
import { createMetrics } from '../metrics/index.ts';
import { captureLog, testDatabase } from '../testing/index.ts';
import { createConsumerMetrics } from './consumer-metrics.ts';
import { createInboxTable, on } from './index.ts';
import { routeTable } from './receive.ts';
import { createRetries } from './retries.ts';
import { park } from './retry-store.ts';

const noted = event({ owner: 'payment', type: 'test.noted.v1', data: z.object({}) });
const CONSUMER = 'payment';
const message: Message = {
  specversion: '1.0',
  id: 'poison',
  source: 'payment',
  type: noted.type,
  subject: 'key',
  time: new Date(0).toISOString(),
  datacontenttype: 'application/json',
  data: {},
};

let schema: Awaited<ReturnType<typeof testDatabase>>;
const rowsLeft = async (): Promise<number> => (await schema.db('retries').select('id')).length;

/** A retry whose next failure is the last, and what replicas do with it. */
beforeEach(async () => {
  schema = await testDatabase();
  await createInboxTable(schema.db);
  const incoming = { topic: 'payment.events', partition: 0, offset: '7', key: 'key', value: JSON.stringify(message), headers: {} };
  const error = new Error('before');
  await park(schema.db, { consumer: CONSUMER, messageId: message.id, key: 'key', message: incoming, attempts: 9, error, dueInMs: -1000 });
});
afterEach(() => schema.drop());

const given = ({ publish }: { publish?: () => Promise<void> } = {}) => {
  const dead: OutgoingMessage[] = [];
  const broker = {
    publish: async (messages: readonly OutgoingMessage[]) => {
      await publish?.();
      dead.push(...messages);
    },
  } as Partial<Broker> as Broker;
  const metrics = createMetrics({ service: 'spec', defaults: false });
  const replica = (receive: () => Promise<never>) =>
    createRetries({
      db: schema.db,
      broker,
      consumer: CONSUMER,
      receive,
      routes: routeTable([on(noted, async () => {})]),
      maxAttempts: 10,
      firstDelayMs: 60_000,
      isAway: () => false,
      log: captureLog().log,
      counts: createConsumerMetrics(metrics, CONSUMER),
    });
  const counted = async () => (await metrics.registry.getSingleMetric('onsale_consumer_dead_total')!.get()).values[0]?.value;
  return { dead, replica, counted };
};
const { signal } = new AbortController();

describe('a retry that has failed for the last time', () => {
  it('is one dead letter, though two replicas have given it up', async () => {
    const { dead, replica, counted } = given();
    const both = Promise.withResolvers<void>();
    let trying = 0;
    const fail = async (): Promise<never> => {
      trying += 1;
      if (trying === 2) both.resolve();
      await both.promise; // each has read the row before either gives it up
      throw new Error('never');
    };
    await Promise.all([replica(fail)(signal), replica(fail)(signal)]);
    expect(dead).toMatchObject([{ topic: 'payment.events.dlq', key: 'key', headers: { attempts: '10' } }]);
    expect([await rowsLeft(), await counted()]).toEqual([0, 1]);
  });

  it('stays where it is when its dead letter is not taken', async () => {
    const { dead, replica } = given({ publish: () => Promise.reject(new Error('no dead letters now')) });
    await expect(replica(() => Promise.reject(new Error('never')))(signal)).rejects.toThrow('takes no dead letter');
    expect([dead, await rowsLeft()]).toEqual([[], 1]);
  });
});
