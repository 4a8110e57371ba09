import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { command } from '@onsale/contracts';
import { z } from 'zod';
import { inTransaction } from '../db/index.ts';
import { newId } from '../ids/index.ts';
import { done, on, onUndo, refused } from '../inbox/index.ts';
import { testMessaging, type MessagingProcess, type MessagingSchema } from '../inbox/testing/index.ts';
import { eventually, testKafka } from '../testing/index.ts';
import { createSagaRunner, saga, type SagaRunner } from './index.ts';

const Seat = z.object({ seat: z.string() });
const lock = command({
  owner: 'reservation',
  type: 'test.lock.v1',
  data: Seat,
  reply: z.object({ amount: z.int() }),
  refusals: ['SEAT_TAKEN'],
});
const unlock = command({ owner: 'reservation', type: 'test.unlock.v1', data: Seat, reply: z.object({}), refusals: [] });
const confirm = command({ owner: 'reservation', type: 'test.confirm.v1', data: Seat, reply: z.object({}), refusals: ['HOLD_LOST'] });

interface Purchase {
  seat: string;
  amount?: number;
  balance: number;
}

const seen: string[] = [];

const purchase = saga<Purchase>('test-purchase')({
  lock: { send: lock, subject: (s) => s.seat, data: ({ seat }) => ({ seat }), undo: unlock, keep: (reply) => ({ amount: reply.amount }) },
  debit: {
    local: async (trx, { state }) =>
      state.balance < state.amount! ? refused('INSUFFICIENT_POINTS') : { balance: state.balance - state.amount! },
    undo: async () => {},
  },
  confirm: { send: confirm, subject: (s) => s.seat, data: ({ seat }) => ({ seat }), pivot: true },
}).ends({
  completed: async (trx, { state }) => void seen.push(`completed ${state.seat} ${state.balance}`),
  compensated: async (trx, { state, failure }) => void seen.push(`compensated ${state.seat} ${failure.code}`),
});

describe('a saga over two services', () => {
  const { namespace } = testKafka();
  let payments: MessagingSchema;
  let reservations: MessagingSchema;
  let payment: MessagingProcess;
  let runner: SagaRunner;

  beforeAll(async () => {
    [payments, reservations] = await Promise.all([
      testMessaging({ source: 'payment', namespace }),
      testMessaging({ source: 'reservation', namespace }),
    ]);
    payment = await payments.process();
    const reservation = await reservations.process();
    await reservation.consume([
      on(lock, async ({ data }) => (data.seat === 'taken' ? refused('SEAT_TAKEN') : done({ amount: 100 }))),
      onUndo(lock, unlock, async ({ data }) => {
        seen.push(`unlocked ${data.seat}`);
        return done();
      }),
      on(confirm, async ({ data }) => (data.seat === 'lost' ? refused('HOLD_LOST') : done())),
    ]);
    runner = createSagaRunner({
      db: payment.db,
      outbox: payment.outbox,
      sagas: [purchase],
      log: payment.log.log,
      metrics: payment.metrics,
    });
    await payment.consume(runner.handlers);
    await payment.run(runner.sweeper);
  }, 30_000);

  afterAll(async () => {
    await payments.drop();
    await reservations.drop();
  }, 30_000);

  it('x', async () => {
    const times: number[] = [];
    for (let i = 0; i < 100; i++) {
      const t = performance.now();
      await inTransaction(payment.db, (trx) => runner.start(trx, purchase, { id: newId(), state: { seat: `a${i}`, balance: 500 } }));
      await eventually(() => expect(seen).toContain(`completed a${i} 400`), { everyMs: 1 });
      times.push(performance.now() - t);
    }
    times.sort((a, b) => a - b);
    console.log(times[50], times[95], times.at(-1));
  });
});
