import type { EventSpec } from '@onsale/contracts';
import { paymentCompleted, paymentFailed, walletCharged } from '@onsale/contracts/payment';
import { createConsumer, createInboxTable, on, type Handler } from '@onsale/shared/inbox';
import { messageLosses } from '@onsale/shared/inbox/testing';
import { createKafkaBroker } from '@onsale/shared/kafka';
import { createMetrics } from '@onsale/shared/metrics';
import { createOutbox, createOutboxTables } from '@onsale/shared/outbox';
import { captureLog, testDatabase, type TestKafka } from '@onsale/shared/testing';
import { playedServices } from './played-services.ts';

/**
 * Whoever the payment service speaks with, on real Kafka, each with a schema of its own: reservation and queue, who answer, and commerce, who
 * listens. `ending` stops them.
 */
export const startCounterparts = async ({ brokers, namespace }: TestKafka, ending: AsyncDisposableStack) => {
  const { reservationHandlers, queueHandlers, ...played } = playedServices();
  const { log } = captureLog();
  const { losing, loses } = messageLosses();
  const events: { subject: string; event: { type: string; sequence: number | undefined; data: unknown } }[] = [];
  const heard = (spec: EventSpec) =>
    on(spec, async ({ subject, sequence, data }) => void events.push({ subject, event: { type: spec.type, sequence, data } }));

  const play = async (source: 'reservation' | 'queue' | 'commerce', handlers: Handler[]): Promise<void> => {
    const database = await testDatabase();
    ending.defer(() => database.drop());
    const { db } = database;
    await createOutboxTables(db);
    await createInboxTable(db);
    const metrics = createMetrics({ service: source, defaults: false });
    const broker = createKafkaBroker({ brokers, clientId: source, namespace, log, metrics });
    const outbox = createOutbox({ db, broker, source, log, metrics });
    const consumer = createConsumer({ group: source, db, broker: losing(broker), outbox, handlers, log, metrics });
    for (const part of [broker, outbox.relay, consumer]) {
      ending.defer(() => part.stop());
      await part.start();
    }
  };
  await play('reservation', reservationHandlers);
  await play('queue', queueHandlers);
  await play('commerce', [walletCharged, paymentCompleted, paymentFailed].map(heard));

  return {
    ...played,
    /** Messages that are lost on their way to them. */
    loses,
    /** What the payment service has told of an aggregate. */
    eventsAbout: (subject: string) => events.filter((heard) => heard.subject === subject).map(({ event }) => event),
  };
};

export type Counterparts = Awaited<ReturnType<typeof startCounterparts>>;
