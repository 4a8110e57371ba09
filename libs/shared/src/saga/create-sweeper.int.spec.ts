import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { command } from '@onsale/contracts';
import { z } from 'zod';
import { inTransaction } from '../db/index.ts';
import { idToBytes, newId } from '../ids/index.ts';
import { testMessaging, type MessagingProcess, type MessagingSchema } from '../inbox/testing/index.ts';
import { shardOf } from '../outbox/index.ts';
import { eventually, testKafka } from '../testing/index.ts';
import { createSagaRunner, saga } from './index.ts';

const lock = command({
  owner: 'reservation',
  type: 'test.lock.v1',
  data: z.object({ seat: z.string() }),
  reply: z.object({}),
  refusals: [],
});
interface Purchase {
  seat: string;
}
const purchase = saga<Purchase>('purchase')({ lock: { send: lock, subject: ({ seat }) => seat, data: ({ seat }) => ({ seat }) } }).ends({});

const [held, other] = ['stuck', 'other'];
/** Out of reach, but for those that are put next to it. */
const FLAG_AFTER = 100;

let schema: MessagingSchema;
let process: MessagingProcess;
let ids: { readonly held: string; readonly other: string };
let began: number;

/** Long ago for the sweeper, and for whoever looks at the outbox. */
const earlier = () => new Date(Date.now() - 10_000);
const commandsTo = (aggregate: string) => schema.db('outbox').where({ aggregate }).select('id');
const stored = (id: string) =>
  schema
    .db('sagas')
    .where({ id: idToBytes(id) })
    .first();

beforeEach(async () => {
  began = Date.now();
  schema = await testMessaging({ source: 'commerce', namespace: testKafka().namespace });
  process = await schema.process({ relay: false }); // what it writes stays
  const { db, outbox, log, metrics } = process;
  const runner = createSagaRunner({
    db,
    outbox,
    sagas: [purchase],
    log: log.log,
    metrics,
    sweepMs: 50,
    retryAfterMs: 300,
    flagAfter: FLAG_AFTER,
  });
  const start = async (seat: string): Promise<string> => {
    const id = newId();
    await inTransaction(db, (trx) => runner.start(trx, purchase, { id, state: { seat } }));
    return id;
  };
  ids = { held: await start(held), other: await start(other) };
  expect(shardOf(held)).not.toBe(shardOf(other));
  await schema.db('outbox').where({ aggregate: held }).update({ created_at: earlier() });
  await schema.db('outbox').where({ aggregate: other }).delete();
  await schema.db('sagas').update({ next_action_at: earlier(), flag: 'NEEDS_OPERATOR' });
  await process.run(runner.sweeper);
});
afterEach(() => schema.drop());

describe('a saga whose command does not leave the outbox', () => {
  it('is put off without being counted, while others are sent again', async () => {
    await eventually(async () => expect((await stored(ids.other)).attempts).toBeGreaterThan(0));
    await eventually(async () => expect((await stored(ids.held)).next_action_at.getTime()).toBeGreaterThan(began));
    expect(await stored(ids.held)).toMatchObject({ attempts: 0, status: 'RUNNING' });
    expect(await commandsTo(held)).toHaveLength(1);
    expect((await commandsTo(other)).length).toBeGreaterThan(0);
  });

  it('is still among those that are counted for the operator', async () => {
    await eventually(async () => {
      const gauge = await process.metrics.registry.getSingleMetric('onsale_sagas_flagged')?.get();
      expect(gauge?.values[0]?.value).toBe(2);
    });
  });

  it('is counted all the same, though not sent, when nothing has left the shard for minutes', async () => {
    const minutesAgo = new Date(Date.now() - 10 * 60_000);
    await schema.db('outbox').where({ aggregate: held }).update({ created_at: minutesAgo });
    await schema.db('sagas').update({ flag: null, attempts: FLAG_AFTER - 1 });
    await eventually(async () => {
      await schema.db('sagas').whereNull('flag').update({ next_action_at: earlier() }); // a sweep under way may have put it off once more
      expect(await stored(ids.held)).toMatchObject({ flag: 'NEEDS_OPERATOR', status: 'RUNNING' });
    });
    expect((await stored(ids.held)).next_action_at.getTime()).toBeGreaterThan(began);
    expect(await commandsTo(held)).toHaveLength(1);
    const errors = process.log.lines().filter(({ msg, saga }) => msg === 'a saga needs an operator' && saga === ids.held);
    expect(errors).toMatchObject([{ level: 'error', attempts: FLAG_AFTER }]);
  });

  it('is sent again once the shard moves', async () => {
    await schema.db('outbox').delete();
    await eventually(async () => expect((await stored(ids.held)).attempts).toBeGreaterThan(0));
    expect((await commandsTo(held)).length).toBeGreaterThan(0);
  });
});
