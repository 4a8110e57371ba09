import type { Owner } from '@onsale/contracts';
import { createDatabase, type Database } from '../../db/index.ts';
import { createKafkaBroker, type Broker } from '../../kafka/index.ts';
import type { Part } from '../../lifecycle/index.ts';
import { createMetrics, type Metrics } from '../../metrics/index.ts';
import { createOutbox, createOutboxTables, type Outbox, type OutboxOptions } from '../../outbox/index.ts';
import { createSagaTable } from '../../saga/tables.ts';
import { captureLog, testDatabase, testKafka, type CapturedLog } from '../../testing/index.ts';
import { createConsumer, createInboxTable, type ConsumerOptions, type Handler } from '../index.ts';

export { messageLosses } from './losses.ts';

export interface MessagingProcess {
  readonly db: Database;
  readonly broker: Broker;
  readonly outbox: Outbox;
  readonly metrics: Metrics;
  readonly log: CapturedLog;
  /** Starts a consumer of this process. */
  consume(handlers: readonly Handler[], options?: Partial<ConsumerOptions>): Promise<Part>;
  /** Starts any other part; all are stopped with the process. */
  run(part: Part): Promise<void>;
  stop(): Promise<void>;
}

export interface MessagingSchema {
  readonly db: Database;
  /** What one replica of the service would have: pool, broker, outbox with its relay (unless `relay` is false). */
  process(
    options?: Partial<OutboxOptions> & { readonly relay?: boolean; readonly wrap?: (broker: Broker) => Broker },
  ): Promise<MessagingProcess>;
  drop(): Promise<void>;
}

/** A service's schema on the real engines, for specs of messages: outbox, inbox, retries and sagas, and processes that work on it. */
export const testMessaging = async ({ source, namespace }: { source: Owner; namespace: string }): Promise<MessagingSchema> => {
  const { brokers } = testKafka();
  const schema = await testDatabase();
  await createOutboxTables(schema.db);
  await createInboxTable(schema.db);
  await createSagaTable(schema.db);
  const running = new Set<MessagingProcess>();

  const process: MessagingSchema['process'] = async ({ relay = true, wrap = (broker: Broker) => broker, ...options } = {}) => {
    const log = captureLog();
    const metrics = createMetrics({ service: source, defaults: false });
    const db = createDatabase({ url: schema.url, log: log.log });
    const broker = wrap(createKafkaBroker({ brokers, clientId: source, namespace, partitions: 3, log: log.log, metrics }));
    const outbox = createOutbox({ db, broker, source, log: log.log, metrics, ...options });
    const parts: Part[] = [broker, ...(relay ? [outbox.relay] : [])];
    const started: Part[] = [];
    const run = async (part: Part): Promise<void> => {
      started.push(part);
      await part.start();
    };
    const self: MessagingProcess = {
      db,
      broker,
      outbox,
      metrics,
      log,
      run,
      consume: async (handlers, consumer = {}) => {
        const part = createConsumer({ group: source, db, broker, outbox, handlers, log: log.log, metrics, ...consumer });
        await run(part);
        return part;
      },
      stop: async () => {
        if (!running.delete(self)) return;
        for (const part of started.toReversed()) await part.stop();
        await db.destroy();
      },
    };
    running.add(self);
    for (const part of parts) await run(part);
    return self;
  };

  return {
    db: schema.db,
    process,
    drop: async () => {
      for (const one of running) await one.stop();
      await schema.drop();
    },
  };
};
