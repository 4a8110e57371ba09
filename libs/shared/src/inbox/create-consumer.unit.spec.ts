import { describe, expect, it } from '@jest/globals';
import { event } from '@onsale/contracts';
import { z } from 'zod';
import type { Database } from '../db/index.ts';
import type { Broker } from '../kafka/index.ts';
import { createMetrics } from '../metrics/index.ts';
import type { Outbox } from '../outbox/index.ts';
import { captureLog, eventually } from '../testing/index.ts';
import { createConsumer, on } from './index.ts';

const noted = event({ owner: 'payment', type: 'test.noted.v1', data: z.object({}) });

describe('a consumer', () => {
  it('that is stopped on its way into its group leaves no subscription behind', async () => {
    const told: string[] = [];
    const broker: Partial<Broker> = {
      ensureTopics: async () => {},
      subscribe: async ({ signal }) => {
        told.push('subscribing');
        await new Promise((resolve) => signal?.addEventListener('abort', resolve)); // a group without a coordinator
        return { stop: async () => void told.push('unsubscribed') };
      },
    };
    const consumer = createConsumer({
      group: 'payment',
      db: {} as Database,
      broker: broker as Broker,
      outbox: {} as Outbox,
      handlers: [on(noted, async () => {})],
      log: captureLog().log,
      metrics: createMetrics({ service: 'spec', defaults: false }),
    });
    const starting = consumer.start();
    await eventually(() => expect(told).toEqual(['subscribing']));
    await consumer.stop();
    await starting;
    expect(told).toEqual(['subscribing', 'unsubscribed']);
  });
});
