import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Message, Reply, topicOf } from '@onsale/contracts';
import * as contract from '@onsale/contracts/queue';
import { scheduleCreated } from '@onsale/contracts/reservation';
import { newId } from '@onsale/shared/ids';
import { createKafkaBroker, type Broker } from '@onsale/shared/kafka';
import { createMetrics } from '@onsale/shared/metrics';
import { commandOf, eventOf, type MessageDraft } from '@onsale/shared/outbox';
import { eventually } from '@onsale/shared/testing';
import { startQueue, type StartedQueue } from './testing/start-queue.ts';

let queue: StartedQueue;
let broker: Broker;
const replies: Reply[] = [];
beforeAll(async () => {
  queue = await startQueue({ kafka: true });
  const { brokers, namespace, log } = queue;
  broker = createKafkaBroker({
    brokers,
    namespace,
    clientId: 'spec',
    partitions: 2,
    log,
    metrics: createMetrics({ service: 'spec', defaults: false }),
  });
  await broker.start();
  await broker.subscribe({
    group: 'spec',
    topics: [topicOf('payment', 'replies')],
    handle: async ({ value }) => void replies.push(Reply.parse(Message.parse(JSON.parse(value)).data)),
  });
});
afterAll(async () => {
  await broker.stop();
  await queue.stop();
});

const sends = async ({ topic, subject, ...draft }: MessageDraft, source: string): Promise<void> => {
  const message = { specversion: '1.0', id: newId(), source, time: new Date().toISOString(), subject, ...draft };
  await broker.publish([{ topic, key: subject, value: JSON.stringify(message) }]);
};

const created = (queueId: string, ownQueue: boolean) => {
  const scheduleId = newId();
  return eventOf(scheduleCreated, {
    subject: scheduleId,
    data: {
      scheduleId,
      concertId: newId(),
      queueId,
      ownQueue,
      seats: 50,
      startsAt: '2030-01-01T20:00:00.000Z',
      salesOpenAt: '2029-01-01T20:00:00.000Z',
    },
  });
};
/** The handling of messages of one subject is in order; of others it is not, so each is waited for. */
const isThere = (queueId: string) => eventually(() => queue.anonymous().call(contract.readQueue, { params: { queueId } }));

/** The next tick may have it, or the answer that gave the number. */
const admitted = (token: string) => eventually(async () => expect(await queue.checks(token)).toMatchObject([{ status: 'ADMITTED' }]));

describe('what Kafka brings', () => {
  it('opens the queue of a new schedule once, with places for 110 % of its seats', async () => {
    const own = `q-${newId()}`;
    const asked = created(own, true);
    await sends(asked, 'reservation');
    await sends(asked, 'reservation');
    const last = `q-${newId()}`;
    await sends({ ...created(last, true), subject: asked.subject }, 'reservation');
    await isThere(last);
    expect(
      await queue.db('queues').whereIn('id', [own, last]).orderBy('created_at').select('id', 'cap', 'capacity', 'window_seconds'),
    ).toEqual([
      { id: own, cap: 100, capacity: 55, window_seconds: 600 },
      { id: last, cap: 100, capacity: 55, window_seconds: 600 },
    ]);
    expect(await queue.db('audit').whereIn('subject', [own, last]).where({ actor: 'system' })).toHaveLength(2);
  });

  it('opens a queue that a schedule names and that is missing, with the defaults, and warns of it', async () => {
    const named = `q-${newId()}`;
    await sends(created(named, false), 'reservation');
    await isThere(named);
    expect(await queue.db('queues').where({ id: named }).first()).toMatchObject({ cap: 100, capacity: null });
    expect(await queue.db('audit').where({ subject: named })).toMatchObject([{ actor: 'system', action: 'queue.create' }]);
    const warnings = () => queue.logged().filter(({ queueId, level }) => queueId === named && level === 'warn');
    await eventually(() => expect(warnings()).toHaveLength(1));

    const ada = queue.member();
    await admitted((await ada.client().call(contract.issueToken, { params: { queueId: named } })).token);
  });

  it('leaves a queue that is there as its operator made it, whichever schedules name it', async () => {
    const queueId = `q-${newId()}`;
    await queue.operator.call(contract.createQueue, { body: { id: queueId, cap: 7 } });
    const naming = created(queueId, false);
    const last = `q-${newId()}`;
    await sends(naming, 'reservation');
    await sends({ ...created(last, true), subject: naming.subject }, 'reservation');
    await isThere(last);
    expect(await queue.db('queues').where({ id: queueId }).first()).toMatchObject({ cap: 7, capacity: null });
    expect(await queue.db('audit').where({ subject: queueId, actor: 'system' })).toEqual([]);
  });

  it('spends the number of a purchase, once however often it is asked, and admits the next', async () => {
    const queueId = `q-${newId()}`;
    const params = { queueId };
    await queue.operator.call(contract.createQueue, { body: { id: queueId, cap: 1 } });
    const [buyer, next] = [queue.member(), queue.member()];
    const bought = await buyer.client().call(contract.issueToken, { params });
    await admitted(bought.token);
    const waiting = await next.client().call(contract.issueToken, { params });
    expect(waiting.status).toBe('WAITING');

    const saga = newId();
    const command = commandOf(contract.spendToken, {
      saga,
      step: 'spend',
      direction: 'do',
      subject: newId(),
      data: { queueId, number: bought.number },
    });
    const answers = () => replies.filter((reply) => reply.command === command.id);
    await sends(command, 'payment');
    await eventually(() => expect(answers()).toEqual([expect.objectContaining({ outcome: 'DONE', data: {} })]));
    await eventually(async () =>
      expect((await queue.checks(bought.token, waiting.token)).map(({ status }) => status)).toEqual(['COMPLETED', 'ADMITTED']),
    );

    await sends(command, 'payment');
    await eventually(() => expect(answers()).toHaveLength(2));
    expect(await queue.db('journal').where({ queue_id: queueId }).orderBy('number')).toMatchObject([
      { number: bought.number, ending: 'COMPLETED' },
      { number: waiting.number, ending: null },
    ]);
  });

  it('is told DONE of a number that has ended otherwise, or that nobody has, and changes nothing', async () => {
    const queueId = `q-${newId()}`;
    const params = { queueId };
    await queue.operator.call(contract.createQueue, { body: { id: queueId, cap: 1 } });
    const leaver = queue.member();
    const { token, number } = await leaver.client().call(contract.issueToken, { params });
    await leaver.holding(token).call(contract.leaveQueue, { params });
    const before = await queue.db('journal').where({ queue_id: queueId });
    expect(before).toMatchObject([{ number, ending: 'LEFT' }]);

    for (const data of [
      { queueId, number },
      { queueId, number: number + 1 },
      { queueId: 'nowhere', number: 1 },
    ]) {
      const command = commandOf(contract.spendToken, { saga: newId(), step: 'spend', direction: 'do', subject: newId(), data });
      await sends(command, 'payment');
      await eventually(() =>
        expect(replies.filter((reply) => reply.command === command.id)).toMatchObject([{ outcome: 'DONE', data: {} }]),
      );
    }
    // `told` says whether Redis knows of the end, and follows later
    const endsOf = (rows: { number: number; ending: string; ended_at: Date }[]) =>
      rows.map((row) => [row.number, row.ending, row.ended_at]);
    expect(endsOf(await queue.db('journal').where({ queue_id: queueId }))).toEqual(endsOf(before));
  });
});
