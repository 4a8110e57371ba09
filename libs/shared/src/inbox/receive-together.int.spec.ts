import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { command, event, type Message, type Reply } from '@onsale/contracts';
import { z } from 'zod';
import { newId } from '../ids/index.ts';
import { commandOf, eventOf, type MessageDraft } from '../outbox/index.ts';
import { testKafka } from '../testing/index.ts';
import { done, on } from './index.ts';
import { routeTable, type Received } from './receive.ts';
import { createTogetherReceiver, type TogetherReceiver } from './receive-together.ts';
import { park } from './retry-store.ts';
import { testMessaging, type MessagingProcess, type MessagingSchema } from './testing/index.ts';

const Data = z.object({ name: z.string() });
const lock = command({ owner: 'reservation', type: 'test.lock.v1', data: Data, reply: z.object({ seat: z.string() }), refusals: [] });
const noted = event({ owner: 'payment', type: 'test.noted.v1', data: Data });

let schema: MessagingSchema;
let process: MessagingProcess;
let together: TogetherReceiver;
const effects: string[] = [];
const routes = routeTable([
  on(lock, async ({ data: { name } }) => {
    effects.push(name);
    return done({ seat: name });
  }),
  on(noted, async ({ data: { name } }) => void effects.push(name)),
]);

beforeAll(async () => {
  schema = await testMessaging({ source: 'reservation', namespace: testKafka().namespace });
  process = await schema.process({ relay: false }); // what it writes stays
  const { db, outbox } = process;
  together = createTogetherReceiver({ db, outbox, consumer: 'spec' });
});
afterAll(() => schema.drop());
beforeEach(async () => {
  effects.length = 0;
  await schema.db('outbox').delete();
});

const received = ({ topic, type, subject, id, data }: MessageDraft): Received => {
  const message = {
    specversion: '1.0',
    id: id ?? newId(),
    source: 'payment',
    type,
    subject,
    time: '2030-01-10T12:00:00Z',
    data,
  } as Message;
  const incoming = { topic, key: subject, partition: 0, offset: '0', value: JSON.stringify(message), headers: {} };
  return { incoming, message, route: routes.find(topic, type)! };
};
const aCommand = (name: string): Received =>
  received(commandOf(lock, { saga: newId(), step: 'lock', direction: 'do', subject: newId(), data: { name } }));
const anEvent = (name: string): Received => received(eventOf(noted, { subject: newId(), data: { name } }));
const replies = async (): Promise<Reply[]> => {
  const rows = await schema.db('outbox').orderBy('id').select<{ payload: string }[]>('payload');
  return rows.map(({ payload }) => (JSON.parse(payload) as { data: Reply }).data);
};
const replyTo = ({ message }: Received, seat: string): Reply => ({ command: message.id, outcome: 'DONE', data: { seat } });

describe('messages in one transaction', () => {
  it('that are copies leave with the replies that were kept, while what is new has its effect', async () => {
    const [copy, told, fresh] = [aCommand('copy'), anEvent('told'), aCommand('fresh')];
    expect(await together([copy, told])).toEqual(['done', 'done']);
    await schema.db('outbox').delete();

    expect(await together([copy, told, fresh])).toEqual(['repeated', 'repeated', 'done']);
    expect(effects).toEqual(['copy', 'told', 'fresh']);
    const [one, other, ...more] = await replies();
    expect(more).toEqual([]);
    expect([one, other]).toEqual(expect.arrayContaining([replyTo(copy, 'copy'), replyTo(fresh, 'fresh')]));

    expect(await together([copy, told, fresh])).toEqual(['repeated', 'repeated', 'repeated']);
    expect(effects).toHaveLength(3);
    expect(await replies()).toHaveLength(4);
  });

  it('are none of them received when one has to wait behind another of its key, copies among them or not', async () => {
    const [copy, behind] = [aCommand('copy'), aCommand('behind')];
    await together([copy]);
    await schema.db('outbox').delete();
    const before = { consumer: 'spec', messageId: newId(), key: behind.message.subject, message: behind.incoming };
    await park(schema.db, { ...before, attempts: 1, error: 'later', dueInMs: 3_600_000 });
    effects.length = 0;

    await expect(together([copy, behind])).rejects.toThrow();
    await expect(together([aCommand('new'), behind])).rejects.toThrow();
    expect(await replies()).toEqual([]);
    const seen = await schema.db('inbox').where({ message_id: behind.message.id }).select('message_id');
    expect(seen).toEqual([]);
  });
});
