import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as contract from '@onsale/contracts/queue';
import { newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import { startQueue, statusOf, type StartedQueue } from '../testing/start-queue.ts';

let queue: StartedQueue;
beforeAll(async () => {
  queue = await startQueue({ replicas: 2 });
});
afterAll(() => queue.stop());

const HOUR = 3_600_000;
const inHours = (hours: number) => new Date(Date.now() + hours * HOUR).toISOString();
const created = async (opensAt?: string): Promise<string> => {
  const id = `q-${newId()}`;
  await queue.operator.call(contract.createQueue, { body: { id, cap: 1, ...(opensAt !== undefined && { opensAt }) } });
  return id;
};
const change = (queueId: string, body: { opensAt?: string | null; message?: string }) =>
  queue.operator.answer(contract.changeQueue, { params: { queueId }, body });

describe('the opening of a queue', () => {
  it('can be changed until the first number, and not after it', async () => {
    const first = inHours(1);
    const queueId = await created(first);
    const params = { queueId };
    expect(await queue.anonymous(1).call(contract.readQueue, { params })).toMatchObject({ state: 'PREQUEUE', opensAt: first });
    const second = inHours(2);
    expect((await change(queueId, { opensAt: second, message: 'Soon' })).body).toMatchObject({ state: 'PREQUEUE', opensAt: second });

    await queue.member().client(1).call(contract.issueToken, { params });
    expect(await statusOf(change(queueId, { opensAt: inHours(3) }))).toBe('409 OPENING_FIXED');
    expect(await statusOf(change(queueId, { opensAt: null }))).toBe('409 OPENING_FIXED');
    expect((await change(queueId, { opensAt: second, message: 'Very soon' })).body).toMatchObject({
      opensAt: second,
      message: 'Very soon',
    });

    const audit = await queue.db('audit').where({ subject: queueId }).orderBy('id');
    expect(audit.map(({ after_change }) => JSON.parse(after_change).opensAt)).toEqual([first, second, second]);
  });

  it('can be taken away, and be set where there was none, while nobody is in line', async () => {
    const queueId = await created();
    expect((await change(queueId, { opensAt: inHours(1) })).body.state).toBe('PREQUEUE');
    const { body } = await change(queueId, { opensAt: null });
    expect(body.state).toBe('OPEN');
    expect(body).not.toHaveProperty('opensAt');
    await queue.member().client().call(contract.issueToken, { params: { queueId } });
    expect(await statusOf(change(queueId, { opensAt: inHours(1) }))).toBe('409 OPENING_FIXED');
  });

  it('cannot be put off once it has come: the seed is known', async () => {
    const queueId = await created(new Date(Date.now() - 1000).toISOString());
    await eventually(async () => expect(await queue.anonymous().call(contract.readDraw, { params: { queueId } })).toHaveProperty('seed'));
    expect(await statusOf(change(queueId, { opensAt: inHours(1) }))).toBe('409 OPENING_FIXED');
  });
});

describe('the seed of a draw', () => {
  it('is nowhere to be read before the opening: in no answer, no log line and no audit row', async () => {
    const queueId = await created(inHours(1));
    const params = { queueId };
    const member = queue.member();
    const { token } = await member.client().call(contract.issueToken, { params });
    const shown: unknown[] = [
      token,
      (await change(queueId, { message: 'Hello' })).body,
      await statusOf(change(queueId, { opensAt: inHours(2) })),
      await queue.checks(token),
      await member.holding(token).answer(contract.heartbeat, { params }),
      await queue.anonymous().call(contract.readQueue, { params }),
      await queue.anonymous().call(contract.listQueues, { query: { limit: 100 } }),
      await queue.anonymous(1).call(contract.readDraw, { params }),
      await statusOf(queue.operator.answer(contract.createQueue, { body: { id: queueId, cap: 1 } })),
      await queue.db('audit').where({ subject: queueId }),
      queue.logged(),
    ];
    const { draw_seed: seed } = await queue.db('queues').where({ id: queueId }).first<{ draw_seed: Buffer }>('draw_seed');
    expect(seed).toHaveLength(32);
    const text = shown.map((one) => JSON.stringify(one)).join('\n');
    const written = [seed.toString('hex'), seed.toString('base64').slice(0, 20), seed.toString('base64url').slice(0, 20), seed.join(',')];
    for (const one of written) expect(text.toLowerCase()).not.toContain(one.toLowerCase());
    expect(text).toContain(queueId);
  });

  it('belongs to no draw where there is no opening', async () => {
    const params = { queueId: await created() };
    expect(await statusOf(queue.anonymous().answer(contract.readDraw, { params }))).toBe('404 NOT_FOUND');
    expect(await statusOf(queue.anonymous().answer(contract.readDraw, { params: { queueId: 'nowhere' } }))).toBe('404 NOT_FOUND');
  });

  it('is shown with the draw in pages, which caches may keep for a moment', async () => {
    const queueId = await created(inHours(1));
    const params = { queueId };
    const before = await queue.anonymous().answer(contract.readDraw, { params });
    expect(before.headers.get('cache-control')).toBe('public, max-age=5');
    expect(await statusOf(queue.anonymous().answer(contract.readDraw, { params, query: { cursor: 'nonsense' } }))).toBe(
      '400 VALIDATION_FAILED',
    );
    expect(await statusOf(queue.anonymous().answer(contract.readDraw, { params, query: { limit: 1001 } }))).toBe('400 VALIDATION_FAILED');
  });
});
