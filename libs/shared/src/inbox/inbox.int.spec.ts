import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { command, event, type Message, type Reply } from '@onsale/contracts';
import { z } from 'zod';
import { inTransaction } from '../db/index.ts';
import { Refusal } from '../errors/index.ts';
import { newId } from '../ids/index.ts';
import type { Broker, IncomingMessage } from '../kafka/index.ts';
import { commandOf, eventOf, questionOf, type MessageDraft } from '../outbox/index.ts';
import { eventually, testKafka } from '../testing/index.ts';
import { done, on, onUndo, refused } from './index.ts';
import { testMessaging, type MessagingProcess, type MessagingSchema } from './testing/index.ts';

const Data = z.object({ name: z.string() });
const noted = event({ owner: 'payment', type: 'test.noted.v1', data: Data });
const lock = command({
  owner: 'reservation',
  type: 'test.lock.v1',
  data: Data,
  reply: z.object({ amount: z.int() }),
  refusals: ['SEAT_TAKEN', 'HOLD_EXPIRED'],
});
const unlock = command({ owner: 'reservation', type: 'test.unlock.v1', data: Data, reply: z.object({}), refusals: [] });

/** Effects that were committed, in the order of their commit: of an event by its subject, of a command by its saga, so that no test finds another's. */
const effects = async (name: string): Promise<string[]> => {
  const rows = await schema.db('effects').where({ name }).orderBy('id').select<{ effect: string }[]>('effect');
  return rows.map(({ effect }) => effect);
};

/** How many more times a name fails, and with what. */
const failing = new Map<string, { times: number; error: Error }>();
const failIfAsked = (name: string): void => {
  const failure = failing.get(name);
  if (failure === undefined || failure.times-- <= 0) return;
  throw failure.error;
};

let schema: MessagingSchema;
let sender: MessagingProcess;
let receiver: MessagingProcess;
const replies: (Message & { data: Reply })[] = [];
const dead: IncomingMessage[] = [];

const outcome = async (kind: string): Promise<number> => {
  const { values } = await receiver.metrics.counter({ name: 'onsale_consumer_messages_total', help: '' }).get();
  return values.filter(({ labels }) => (labels as { outcome?: string }).outcome === kind).reduce((sum, { value }) => sum + value, 0);
};

/** Transactions that more than one message shared. */
const groups = async (): Promise<number> => {
  const { values } = await receiver.metrics.histogram({ name: 'onsale_consumer_group_size', help: '', buckets: [] }).get();
  return values.find(({ metricName }) => metricName === 'onsale_consumer_group_size_count')?.value ?? 0;
};

/** As a relay would send it: twice when asked, in one batch. */
const send = async (drafts: readonly MessageDraft[]): Promise<void> => {
  await inTransaction(sender.db, (trx) => sender.outbox.add(trx, ...drafts));
};
const raw = (key: string, value: string): Promise<void> => sender.broker.publish([{ topic: 'payment.events', key, value }]);
const note = (subject: string, name: string, id = newId()): MessageDraft => ({ ...eventOf(noted, { subject, data: { name } }), id });
const aCommand = (spec: typeof lock | typeof unlock, saga: string, direction: 'do' | 'undo', name: string) =>
  commandOf(spec as typeof lock, { saga, step: 'lock', direction, subject: name, data: { name } });
const replyTo = (saga: string): Reply[] => replies.filter(({ subject }) => subject === saga).map(({ data }) => data);

const handlers = [
  on(noted, async ({ data, subject }, trx) => {
    await trx('effects').insert({ name: subject, effect: data.name });
    failIfAsked(data.name);
  }),
  on(lock, async ({ data, saga }, trx) => {
    await trx('effects').insert({ name: saga, effect: 'locked' });
    if (data.name === 'expired') throw new Refusal('HOLD_EXPIRED', 'too late');
    return data.name === 'taken' ? refused('SEAT_TAKEN', 'by another') : done({ amount: 7 });
  }),
  onUndo(lock, unlock, async ({ saga }, trx) => {
    await trx('effects').insert({ name: saga, effect: 'unlocked' });
    return done();
  }),
];

beforeAll(async () => {
  schema = await testMessaging({ source: 'payment', namespace: testKafka().namespace });
  await schema.db.schema.createTable('effects', (table) => {
    table.increments('id');
    table.string('name');
    table.string('effect');
  });
  const daysAgo = (days: number) => schema.db.raw('NOW(3) - INTERVAL ? DAY', [days]);
  await schema
    .db('inbox')
    .insert([15, 13].map((days) => ({ consumer: 'payment', message_id: `${days}-days-old`, created_at: daysAgo(days) })));
  sender = await schema.process();
  const wrap = (broker: Broker): Broker => ({
    ...broker,
    publish: async (messages) => {
      if (messages[0]!.topic.endsWith('.dlq')) failIfAsked(`dead letter of ${messages[0]!.key}`);
      await broker.publish(messages);
    },
  });
  receiver = await schema.process({ wrap });
  await receiver.consume(handlers, { retryDelayMs: 50, retryPollMs: 50, maxAttempts: 6 });
  const collect = (topics: string[], handle: (message: IncomingMessage) => void) =>
    sender.broker.subscribe({ group: `spec-${topics[0]!}`, topics, handle: async (message) => handle(message) });
  await collect(['payment.replies'], ({ value }) => replies.push(JSON.parse(value) as (typeof replies)[number]));
  await collect(['payment.events.dlq', 'reservation.commands.dlq'], (message) => dead.push(message));
});

afterAll(() => schema.drop());

describe('a consumer', () => {
  it('has one effect of a message, however often it comes', async () => {
    const message = note('event', 'once');
    await send([message, message]);
    await send([message, note('event', 'last')]);
    await eventually(async () => expect(await effects('event')).toEqual(['once', 'last']));
  });

  it('answers a command that comes again with the kept reply, without doing it again', async () => {
    const saga = newId();
    await send([aCommand(lock, saga, 'do', 'twice')]);
    await send([aCommand(lock, saga, 'do', 'twice')]);
    const reply = { command: `${saga}:lock:do`, outcome: 'DONE', data: { amount: 7 } };
    await eventually(() => expect(replyTo(saga)).toEqual([reply, reply]));
    expect(new Set(replies.filter(({ subject }) => subject === saga).map(({ id }) => id))).toEqual(new Set([`${saga}:lock:do:reply`]));
    expect(await effects(saga)).toEqual(['locked']);
  });

  it('takes what comes at once in groups: each has its effect and its answer once, whatever others of the group do', async () => {
    const sagas = Array.from({ length: 60 }, newId);
    const nameOf = (n: number): string => (n % 20 === 7 ? 'expired' : n % 20 === 11 ? 'taken' : 'grouped');
    const before = await groups();
    const commands = sagas.map((saga, n) => ({ ...aCommand(lock, saga, 'do', nameOf(n)), subject: saga }));
    await send(commands);
    await eventually(() => expect(sagas.map((saga) => replyTo(saga).length)).toEqual(sagas.map(() => 1)));
    expect(sagas.map((saga) => replyTo(saga)[0]!.code)).toEqual(
      sagas.map((_, n) => ({ expired: 'HOLD_EXPIRED', taken: 'SEAT_TAKEN' })[nameOf(n)]),
    );
    expect(await Promise.all(sagas.map(effects))).toEqual(sagas.map((_, n) => (nameOf(n) === 'expired' ? [] : ['locked'])));
    const stored = await schema.db('inbox').whereIn(
      'message_id',
      sagas.map((saga) => `${saga}:lock:do`),
    );
    expect(stored.filter(({ reply }) => reply !== null)).toHaveLength(60);
    expect(await groups()).toBeGreaterThan(before);
  });

  it('takes copies in groups too, with what is new among them', async () => {
    const sagas = Array.from({ length: 60 }, newId);
    const fresh = newId();
    const commandOf = (saga: string) => ({ ...aCommand(lock, saga, 'do', 'grouped'), subject: saga });
    await send(sagas.map(commandOf));
    await eventually(() => expect(sagas.map((saga) => replyTo(saga).length)).toEqual(sagas.map(() => 1)));
    const [before, repeated] = [await groups(), await outcome('repeated')];

    await send([...sagas.slice(30), fresh, ...sagas.slice(0, 30)].map(commandOf));
    await eventually(() =>
      expect([...sagas.map((saga) => replyTo(saga).length), replyTo(fresh).length]).toEqual([...sagas.map(() => 2), 1]),
    );
    expect(sagas.map((saga) => replyTo(saga)[1])).toEqual(sagas.map((saga) => replyTo(saga)[0]));
    expect(await Promise.all([...sagas, fresh].map(effects))).toEqual([...sagas, fresh].map(() => ['locked']));
    expect(await groups()).toBeGreaterThan(before);
    await eventually(async () => expect(await outcome('repeated')).toBe(repeated + 60));
  });

  it('answers with a refusal: a value keeps what was written, a thrown one rolls it back', async () => {
    const [taken, expired] = [newId(), newId()];
    await send([aCommand(lock, taken, 'do', 'taken'), aCommand(lock, expired, 'do', 'expired')]);
    await eventually(() =>
      expect([...replyTo(taken), ...replyTo(expired)]).toMatchObject([
        { code: 'SEAT_TAKEN', detail: 'by another' },
        { code: 'HOLD_EXPIRED' },
      ]),
    );
    expect(await effects(taken)).toEqual(['locked']);
    expect(await effects(expired)).toEqual([]);
  });

  it('passes over what no handler wants', async () => {
    const before = await outcome('ignored');
    await send([{ ...note('ignored', 'x'), type: 'test.unheard-of.v1' }, note('ignored', 'after')]);
    await eventually(async () => expect(await effects('ignored')).toEqual(['after']));
    expect(await outcome('ignored')).toBe(before + 1);
  });

  it('forgets what no copy can come of any more', async () => {
    const old = () => schema.db('inbox').where('message_id', 'like', '%-days-old').pluck('message_id');
    await eventually(async () => expect(await old()).toEqual(['13-days-old']));
  });
});

describe('an undo', () => {
  it('takes back what was done', async () => {
    const saga = newId();
    await send([aCommand(lock, saga, 'do', 'undone'), aCommand(unlock, saga, 'undo', 'undone')]);
    await eventually(() => expect(replyTo(saga)).toMatchObject([{ outcome: 'DONE' }, { command: `${saga}:lock:undo`, outcome: 'DONE' }]));
    expect(await effects(saga)).toEqual(['locked', 'unlocked']);
  });

  it('has nothing to take back of what was refused', async () => {
    const saga = newId();
    await send([aCommand(lock, saga, 'do', 'taken'), aCommand(unlock, saga, 'undo', 'taken')]);
    await eventually(() => expect(replyTo(saga)).toMatchObject([{ outcome: 'REFUSED' }, { outcome: 'DONE' }]));
    expect(await effects(saga)).toEqual(['locked']);
  });

  it('that comes first leaves a tombstone: the late action is refused and does nothing', async () => {
    const saga = newId();
    await send([aCommand(unlock, saga, 'undo', 'early'), aCommand(lock, saga, 'do', 'early')]);
    await eventually(() => expect(replyTo(saga)).toMatchObject([{ outcome: 'DONE' }, { command: `${saga}:lock:do`, outcome: 'REFUSED' }]));
    expect(await effects(saga)).toEqual([]);
  });
});

describe('the question about a pivot', () => {
  const question = (saga: string, name: string) => questionOf(lock, { saga, step: 'lock', subject: name, data: { name } });

  it('is answered with what was done', async () => {
    const saga = newId();
    await send([aCommand(lock, saga, 'do', 'asked'), question(saga, 'asked')]);
    await eventually(() => expect(replyTo(saga)[1]).toEqual({ command: `${saga}:lock:undo`, outcome: 'DONE', data: { amount: 7 } }));
    expect(await effects(saga)).toEqual(['locked']);
  });

  it('is answered REFUSED when it was not done, and then it never will be', async () => {
    const saga = newId();
    await send([question(saga, 'never'), aCommand(lock, saga, 'do', 'never')]);
    await eventually(() =>
      expect(replyTo(saga)).toMatchObject([{ outcome: 'REFUSED' }, { command: `${saga}:lock:do`, outcome: 'REFUSED' }]),
    );
    expect(await effects(saga)).toEqual([]);
  });
});

describe('a message that fails', () => {
  const deadOf = (key: string) => dead.filter((message) => message.key === key);

  it('is tried again later, with those of its key behind it and those of other keys past it', async () => {
    failing.set('fails-four-times', { times: 4, error: new Error('not yet') });
    await send([note('slow', 'fails-four-times'), note('slow', 'second'), note('slow', 'third'), note('fast', 'past')]);
    await eventually(async () => expect(await effects('fast')).toEqual(['past']));
    await eventually(async () => expect(await effects('slow')).toEqual(['fails-four-times', 'second', 'third']));
    expect(deadOf('slow')).toEqual([]);
    await eventually(async () => expect(await schema.db('retries').where({ message_key: 'slow' }).select('id')).toEqual([]));
  });

  it('for ever goes to the dead letters, whole and with its story, and the rest of its key goes on', async () => {
    failing.set('poison', { times: Infinity, error: new Error('never') });
    const message = note('poisoned', 'poison');
    await send([message, note('poisoned', 'after')]);
    await eventually(async () => expect(await effects('poisoned')).toEqual(['after']));
    await eventually(() => expect(deadOf('poisoned')).toHaveLength(1));
    const [{ value, headers, topic }] = deadOf('poisoned') as [IncomingMessage];
    expect(JSON.parse(value)).toMatchObject({ id: message.id, data: { name: 'poison' } });
    expect(topic).toBe('payment.events.dlq');
    expect(headers).toMatchObject({ 'origin-topic': 'payment.events', consumer: 'payment', attempts: '6', error: 'Error: never' });
    expect(headers['origin-offset']).toMatch(/^\d+$/);
    expect(headers['origin-partition']).toMatch(/^\d$/);
  });

  it('because it is malformed goes to the dead letters at once, and the rest flows', async () => {
    await raw('malformed', 'not json');
    await raw('malformed', JSON.stringify({ specversion: '1.0', id: '1' }));
    await send([{ ...note('malformed', 'x'), data: { name: 5 } }, note('malformed', 'well-formed')]);
    await eventually(async () => expect(await effects('malformed')).toEqual(['well-formed']));
    await eventually(() => expect(deadOf('malformed')).toHaveLength(3));
  });

  it('stays where it is until its dead letter is published', async () => {
    failing.set('dead letter of kept', { times: 2, error: new Error('no dead letters now') });
    await raw('kept', 'not json');
    await send([note('kept', 'after')]);
    await eventually(() => expect(deadOf('kept')).toHaveLength(1));
    await eventually(async () => expect(await effects('kept')).toEqual(['after']));
  });

  it('because an engine is away is not counted: its partition waits', async () => {
    const away = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    failing.set('away', { times: 5, error: away });
    await send([note('paused', 'away'), note('paused', 'after')]);
    await eventually(async () => expect(await effects('paused')).toEqual(['away', 'after']));
    expect(deadOf('paused')).toEqual([]);
  });
});
