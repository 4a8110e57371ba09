import type { Code, EventSpec } from '@onsale/contracts';
import { paymentCompleted, paymentFailed, walletCharged } from '@onsale/contracts/payment';
import { spendToken } from '@onsale/contracts/queue';
import { confirmReservation, lockReservation, unlockReservation } from '@onsale/contracts/reservation';
import { newId } from '@onsale/shared/ids';
import { createConsumer, createInboxTable, done, on, onUndo, refused, type Handler } from '@onsale/shared/inbox';
import { createKafkaBroker } from '@onsale/shared/kafka';
import { createMetrics } from '@onsale/shared/metrics';
import { createOutbox, createOutboxTables } from '@onsale/shared/outbox';
import { captureLog, testDatabase } from '@onsale/shared/testing';

/** A held reservation as the test wants it to behave. */
export interface HeldReservation {
  readonly id: string;
  readonly memberId: string;
  readonly amount: number;
  /** How lock and confirm are refused, where they are. */
  readonly lockRefusal?: Code;
  readonly confirmRefusal?: Code;
}

interface Reservation extends HeldReservation {
  status: 'HELD' | 'PAYING' | 'CONFIRMED';
  saga?: string;
}

const QUEUE_ID = 'tonight';

/** Whatever the purchase asks of reservation and queue, played on real Kafka, each from a schema of its own: rules alone, no seats. `ending` stops them. */
export const startCounterparts = async ({ brokers, namespace }: { brokers: string[]; namespace: string }, ending: AsyncDisposableStack) => {
  const reservations = new Map<string, Reservation>();
  const asked: { step: string; saga: string }[] = [];
  const { log } = captureLog();

  const gates = new Map<string, Promise<void>>();
  /** Where a test stalls the step, no answer comes until it goes on. */
  const arrives = async (step: string, saga: string): Promise<void> => {
    await gates.get(step);
    asked.push({ step, saga });
  };

  const own = (reservationId: string, saga: string): Reservation | undefined => {
    const reservation = reservations.get(reservationId);
    return reservation?.status === 'PAYING' && reservation.saga === saga ? reservation : undefined;
  };

  const reservationHandlers = [
    on(lockReservation, async ({ saga, data }) => {
      await arrives('lock', saga);
      const reservation = reservations.get(data.reservationId);
      if (reservation === undefined || reservation.memberId !== data.memberId) return refused('NOT_FOUND');
      if (reservation.lockRefusal !== undefined) return refused(reservation.lockRefusal);
      if (reservation.status === 'CONFIRMED') return refused('ALREADY_PAID');
      if (reservation.status === 'PAYING' && reservation.saga !== saga) return refused('PAYMENT_IN_PROGRESS');
      reservation.status = 'PAYING';
      reservation.saga = saga;
      return done({ amount: reservation.amount, queueId: QUEUE_ID, number: [...reservations.keys()].indexOf(reservation.id) + 1 });
    }),
    onUndo(lockReservation, unlockReservation, async ({ saga, data }) => {
      await arrives('unlock', saga);
      const reservation = own(data.reservationId, saga);
      if (reservation !== undefined) reservation.status = 'HELD';
      return done();
    }),
    on(confirmReservation, async ({ saga, data }) => {
      await arrives('confirm', saga);
      const reservation = own(data.reservationId, saga);
      if (reservation === undefined || reservation.confirmRefusal !== undefined) return refused('HOLD_LOST');
      reservation.status = 'CONFIRMED';
      return done();
    }),
  ];
  const queueHandlers = [
    on(spendToken, async ({ saga }) => {
      await arrives('spend', saga);
      return done();
    }),
  ];

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
    const consumer = createConsumer({ group: source, db, broker, outbox, handlers, log, metrics });
    for (const part of [broker, outbox.relay, consumer]) {
      ending.defer(() => part.stop());
      await part.start();
    }
  };
  await play('reservation', reservationHandlers);
  await play('queue', queueHandlers);
  await play('commerce', [walletCharged, paymentCompleted, paymentFailed].map(heard));

  return {
    /** Puts a reservation there, HELD by the member. */
    holds: (given: Omit<HeldReservation, 'id'>): HeldReservation => {
      const reservation = { ...given, id: newId() };
      reservations.set(reservation.id, { ...reservation, status: 'HELD' });
      return reservation;
    },
    statusOf: (reservationId: string) => reservations.get(reservationId)?.status,
    /** The steps that a payment has asked for, in their order. */
    stepsOf: (paymentId: string): string[] => asked.filter(({ saga }) => saga === paymentId).map(({ step }) => step),
    /** Holds back every such step from now on, until what it answers is called. */
    stalls: (step: 'lock' | 'unlock' | 'confirm' | 'spend'): (() => void) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      gates.set(step, promise);
      return () => {
        gates.delete(step);
        resolve();
      };
    },
    /** What the payment service has told of an aggregate. */
    eventsAbout: (subject: string) => events.filter((heard) => heard.subject === subject).map(({ event }) => event),
  };
};

export type Counterparts = Awaited<ReturnType<typeof startCounterparts>>;
