import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { command } from '@onsale/contracts';
import { z } from 'zod';
import { inTransaction, type Trx } from '../db/index.ts';
import { idToBytes, newId } from '../ids/index.ts';
import { done, on, onUndo, refused } from '../inbox/index.ts';
import { testMessaging, type MessagingProcess, type MessagingSchema } from '../inbox/testing/index.ts';
import { commandOf } from '../outbox/index.ts';
import { eventually, testKafka } from '../testing/index.ts';
import { createSagaRunner, saga, type SagaDefinition, type SagaRunner } from './index.ts';

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
/** Nobody listens to the queue's commands until a test says so. */
const spend = command({ owner: 'queue', type: 'test.spend.v1', data: Seat, reply: z.object({}), refusals: [] });

interface Purchase {
  seat: string;
  amount?: number;
}

const BALANCE = 500;
const note = async (trx: Trx, seat: string, what: string): Promise<void> => void (await trx('notes').insert({ seat, what }));
const about = { subject: ({ seat }: Purchase) => seat, data: ({ seat }: Purchase) => ({ seat }) };

const purchase = saga<Purchase>('purchase')({
  lock: { send: lock, ...about, undo: unlock, keep: (reply) => ({ amount: reply.amount }) },
  debit: {
    local: async (trx, { state }) => {
      if (state.amount! > BALANCE) return refused('INSUFFICIENT_POINTS');
      return await note(trx, state.seat, `debited ${state.amount}`);
    },
    undo: (trx, { state }) => note(trx, state.seat, `credited ${state.amount}`),
  },
  confirm: { send: confirm, ...about, pivot: true },
}).ends({
  completed: (trx, { state }) => note(trx, state.seat, 'completed'),
  compensated: (trx, { state, failure }) => note(trx, state.seat, `compensated: ${failure.code}`),
});

const spending = saga<Purchase>('spending')({
  lock: { send: lock, ...about, undo: unlock },
  spend: { send: spend, ...about, pivot: true },
}).ends({
  completed: (trx, { state }) => note(trx, state.seat, 'completed'),
  compensated: (trx, { state, failure }) => note(trx, state.seat, `compensated: ${failure.code}`),
});

const asking = saga<Purchase>('asking')({ spend: { send: spend, ...about, pivot: true } }).ends({
  compensated: (trx, { state, failure }) => note(trx, state.seat, `compensated: ${failure.code}`),
});

const { namespace } = testKafka();
let payments: MessagingSchema;
let reservations: MessagingSchema;
let queues: MessagingSchema;
let payment: MessagingProcess;
let runner: SagaRunner;

const notes = async (schema: MessagingSchema, seat: string): Promise<string[]> => {
  const rows = await schema.db('notes').where({ seat }).orderBy('id').select<{ what: string }[]>('what');
  return rows.map(({ what }) => what);
};
const row = (id: string) =>
  payments
    .db('sagas')
    .where({ id: idToBytes(id) })
    .first('status', 'step', 'flag');
const start = async (
  seat: string,
  definition: SagaDefinition<Purchase> = purchase,
  then: (trx: Trx) => Promise<unknown> = async () => {},
): Promise<string> => {
  const id = newId();
  await inTransaction(payment.db, async (trx) => {
    await runner.start(trx, definition, { id, state: { seat } });
    await then(trx);
  });
  return id;
};
/** Its first command is lost, and sent again after so long. */
const startUnheard = async (seat: string, definition: SagaDefinition<Purchase>, retryAfterMs: number): Promise<string> => {
  const mute = runnerOf({ ...payment, outbox: { ...payment.outbox, add: async () => {} } }, retryAfterMs);
  const id = newId();
  await inTransaction(payment.db, (trx) => mute.start(trx, definition, { id, state: { seat } }));
  return id;
};
const givenUp = (id: string) => inTransaction(payment.db, (trx) => runner.compensate(trx, id, { code: 'TIMEOUT' }));
const RETRY_AFTER_MS = 300;
const runnerOf = ({ db, outbox, log, metrics }: MessagingProcess, retryAfterMs = RETRY_AFTER_MS): SagaRunner =>
  createSagaRunner({
    db,
    outbox,
    sagas: [purchase, spending, asking],
    log: log.log,
    metrics,
    sweepMs: 50,
    retryAfterMs,
    flagAfter: 2,
  });

beforeAll(async () => {
  [payments, reservations, queues] = await Promise.all([
    testMessaging({ source: 'payment', namespace }),
    testMessaging({ source: 'reservation', namespace }),
    testMessaging({ source: 'queue', namespace }),
  ]);
  for (const { db } of [payments, reservations, queues]) {
    await db.schema.createTable('notes', (table) => {
      table.increments('id');
      table.string('seat');
      table.string('what');
    });
  }
  payment = await payments.process();
  runner = runnerOf(payment);
  await payment.consume(runner.handlers);
  await payment.run(runner.sweeper);

  const reservation = await reservations.process();
  const prices: Record<string, number> = { dear: BALANCE + 1 };
  await reservation.consume([
    on(lock, async ({ data: { seat } }, trx) => {
      if (seat === 'taken') return refused('SEAT_TAKEN');
      await note(trx, seat, 'locked');
      return done({ amount: prices[seat] ?? 100 });
    }),
    onUndo(lock, unlock, async ({ data: { seat } }, trx) => {
      await note(trx, seat, 'unlocked');
      return done();
    }),
    on(confirm, async ({ data: { seat } }, trx) => {
      if (seat === 'lost') return refused('HOLD_LOST');
      await note(trx, seat, 'confirmed');
      return done();
    }),
  ]);
});

afterAll(async () => {
  for (const schema of [payments, reservations, queues]) await schema.drop();
});

describe('a saga over two services', () => {
  it('completes, each step done once', async () => {
    const id = await start('a1');
    await eventually(async () => expect(await notes(payments, 'a1')).toEqual(['debited 100', 'completed']));
    expect(await notes(reservations, 'a1')).toEqual(['locked', 'confirmed']);
    expect(await row(id)).toEqual({ status: 'COMPLETED', step: 'confirm', flag: null });
  });

  it.each([
    ['taken', 'the first step', 'SEAT_TAKEN', [], []],
    ['dear', 'a local step', 'INSUFFICIENT_POINTS', [], ['locked', 'unlocked']],
    ['lost', 'the pivot', 'HOLD_LOST', ['debited 100', 'credited 100'], ['locked', 'unlocked']],
  ])('%s: takes everything back when %s refuses', async (seat, _where, code, inPayment, inReservation) => {
    const id = await start(seat);
    await eventually(async () => expect(await notes(payments, seat)).toEqual([...inPayment, `compensated: ${code}`]));
    expect(await notes(reservations, seat)).toEqual(inReservation);
    expect(await row(id)).toMatchObject({ status: 'COMPENSATED', flag: null });
  });

  it('never began when its transaction is rolled back', async () => {
    const beginning = start('rolled-back', purchase, async () => {
      throw new Error('no');
    });
    await expect(beginning).rejects.toThrow('no');
    expect(await payments.db('outbox').where({ aggregate: 'rolled-back' }).select('id')).toEqual([]);
  });

  it('goes on when a command was lost: it is sent again, and done once', async () => {
    const id = await startUnheard('lost-command', purchase, RETRY_AFTER_MS);
    await eventually(async () => expect(await row(id)).toMatchObject({ status: 'COMPLETED' }));
    expect(await notes(reservations, 'lost-command')).toEqual(['locked', 'confirmed']);
  });

  it('runs many at once, each to its own end', async () => {
    const seats = Array.from({ length: 40 }, (_, i) => `many-${i}`);
    await Promise.all(seats.map((seat) => start(seat)));
    await eventually(async () => {
      for (const seat of seats) expect(await notes(payments, seat)).toEqual(['debited 100', 'completed']);
    });
  });
});

describe('a saga whose pivot is not answered', () => {
  const spendHandler = on(spend, async ({ data: { seat } }, trx) => {
    await note(trx, seat, 'spent');
    return done();
  });
  const atThePivot = async (seat: string): Promise<string> => {
    const id = await start(seat, spending);
    await eventually(async () => expect(await row(id)).toMatchObject({ step: 'spend' }));
    return id;
  };

  it('is flagged for an operator, asked before it goes back, and goes forward when the pivot was done', async () => {
    const id = await atThePivot('forward');
    await eventually(async () => expect(await row(id)).toMatchObject({ status: 'RUNNING', flag: 'NEEDS_OPERATOR' }));
    expect(await givenUp(id)).toMatchObject({ is: 'moved', before: { flag: 'NEEDS_OPERATOR' } });
    expect(await row(id)).toMatchObject({ status: 'COMPENSATING', step: 'spend' });

    const queue = await queues.process();
    await queue.consume([spendHandler]);
    await eventually(async () => expect(await row(id)).toEqual({ status: 'COMPLETED', step: 'spend', flag: null }));
    expect(await notes(queues, 'forward')).toEqual(['spent']);
    expect(await notes(reservations, 'forward')).toEqual(['locked']);
    expect(await givenUp(id)).toMatchObject({ is: 'over' });
    await queue.stop();
  });

  it('goes back when the pivot was not done, and then it never will be', async () => {
    const id = await startUnheard('back', asking, 3_600_000); // what is asked first is the way back
    await givenUp(id);
    expect(await givenUp(id)).toMatchObject({ is: 'going back' });
    expect(await givenUp(newId())).toEqual({ is: 'unknown' });
    const queue = await queues.process();
    await queue.consume([spendHandler]);
    await eventually(async () => expect(await notes(payments, 'back')).toEqual(['compensated: TIMEOUT']));
    const late = commandOf(spend, { saga: id, step: 'spend', direction: 'do', subject: 'back', data: { seat: 'back' } });
    const after = commandOf(spend, { saga: newId(), step: 'spend', direction: 'do', subject: 'back', data: { seat: 'after' } });
    await inTransaction(payment.db, (trx) => payment.outbox.add(trx, late, after));
    await eventually(async () => expect(await notes(queues, 'after')).toEqual(['spent']));
    expect(await notes(queues, 'back')).toEqual([]);
    expect(await row(id)).toMatchObject({ status: 'COMPENSATED' });
    await queue.stop();
  });
});
