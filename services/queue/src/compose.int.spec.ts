import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as contract from '@onsale/contracts/queue';
import { newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import type { z } from 'zod';
import { startQueue, statusOf, type StartedQueue } from './testing/start-queue.ts';

let queue: StartedQueue;
beforeAll(async () => {
  queue = await startQueue({ replicas: 2 });
});
afterAll(() => queue.stop());

const opened = async (settings: z.input<typeof contract.ChangeQueue> = {}): Promise<string> => {
  const id = `q-${newId()}`;
  await queue.operator.call(contract.createQueue, { body: { id, cap: 1, ...settings } });
  return id;
};

/** The next tick may have it, or the answer that gave the number. */
const admitted = (token: string) => eventually(async () => expect(await queue.checks(token)).toMatchObject([{ status: 'ADMITTED' }]));

const inPages = async (): Promise<contract.Queue[]> => {
  const listed: contract.Queue[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await queue.anonymous().call(contract.listQueues, { query: { limit: 1, ...(cursor !== undefined && { cursor }) } });
    listed.push(...page.items);
    if (page.nextCursor === undefined) return listed;
    cursor = page.nextCursor;
  }
};

describe('the waiting room over HTTP, on two replicas without Kafka', () => {
  it('gives a number once, whichever replica is asked, admits, tells, and lets go', async () => {
    const queueId = await opened();
    const params = { queueId };
    const [ada, bob] = [queue.member(), queue.member()];
    const first = await ada.client(0).answer(contract.issueToken, { params });
    expect(first).toMatchObject({ status: 201, body: { queueId, lane: 'standard' } });
    await admitted(first.body.token);
    const again = await ada.client(1).answer(contract.issueToken, { params, body: {} });
    expect(again).toMatchObject({ status: 200, body: { token: first.body.token, number: first.body.number } });
    const second = await bob.client(1).call(contract.issueToken, { params });
    expect(second).toMatchObject({ status: 'WAITING', position: 1 });
    expect(await queue.checks(second.token, first.body.token)).toMatchObject([{ status: 'WAITING' }, { status: 'ADMITTED' }]);

    const adas = ada.holding(first.body.token);
    const bobs = bob.holding(second.token, 1);
    expect(await statusOf(bobs.answer(contract.heartbeat, { params }))).toBe('204');
    expect(await statusOf(adas.answer(contract.leaveQueue, { params }))).toBe('204');
    await eventually(async () =>
      expect(await queue.checks(first.body.token, second.token)).toMatchObject([{ status: 'LEFT' }, { status: 'ADMITTED' }]),
    );
    expect(await statusOf(adas.answer(contract.leaveQueue, { params }))).toBe('204');
  });

  it('shows its counters to anybody, and in pages', async () => {
    const ids = [await opened({ message: 'Doors at eight' }), await opened({ cap: null })].sort();
    for (const queueId of ids) await admitted((await queue.member().client().call(contract.issueToken, { params: { queueId } })).token);
    const answer = await queue.anonymous(1).answer(contract.readQueue, { params: { queueId: ids[0]! } });
    expect(answer.headers.get('cache-control')).toBe('public, max-age=1');

    const ours = await eventually(async () => {
      const listed = (await inPages()).filter(({ id }) => ids.includes(id));
      expect(listed).toEqual(
        expect.arrayContaining([expect.objectContaining({ message: 'Doors at eight', cap: 1, admitted: 1, waiting: 0 })]),
      );
      return listed;
    });
    expect(ours.map(({ id }) => id)).toEqual(ids);
    expect(ours.filter(({ cap }) => cap === undefined)).toHaveLength(1);
    expect(await statusOf(queue.anonymous().answer(contract.readQueue, { params: { queueId: 'nowhere' } }))).toBe('404 NOT_FOUND');
  });

  it('is changed live on every replica, and the change is in the audit', async () => {
    const queueId = await opened({ cap: 0, admitPerSecond: 50, message: 'Soon' });
    const params = { queueId };
    const members = [queue.member(), queue.member(), queue.member()];
    const tokens: contract.QueueToken[] = [];
    for (const [i, member] of members.entries()) tokens.push(await member.client(i).call(contract.issueToken, { params }));
    await queue.anonymous(1).call(contract.readQueue, { params });

    const changed = await queue.operator.call(contract.changeQueue, { params, body: { cap: 2, admitPerSecond: null, message: 'Now' } });
    expect(changed).toMatchObject({ id: queueId, cap: 2, message: 'Now', windowSeconds: 600 });
    expect(changed).not.toHaveProperty('admitPerSecond');
    await eventually(async () =>
      expect(await queue.anonymous(1).call(contract.readQueue, { params })).toMatchObject({ cap: 2, message: 'Now' }),
    );
    await eventually(async () =>
      expect((await queue.checks(...tokens.map(({ token }) => token))).map(({ status }) => status)).toEqual([
        'ADMITTED',
        'ADMITTED',
        'WAITING',
      ]),
    );

    const audit = await queue.db('audit').where({ subject: queueId }).orderBy('id');
    expect(audit).toMatchObject([
      { action: 'queue.create', actor: queue.operatorId, before_change: null },
      { action: 'queue.change', actor: queue.operatorId },
    ]);
    expect(JSON.parse(audit[1].before_change)).toMatchObject({ cap: 0, admitPerSecond: 50, message: 'Soon', windowSeconds: 600 });
    expect(JSON.parse(audit[1].after_change)).toMatchObject({ cap: 2, message: 'Now', windowSeconds: 600 });
  });

  it('is shown to operators in full: settings, who is where in it, and what the cap sustains', async () => {
    const queueId = await opened({ cap: 2, windowSeconds: 100, capacity: 10, noShowAfterSeconds: 60, message: 'Hello' });
    const params = { queueId };
    const members = Array.from({ length: 5 }, () => queue.member());
    const tokens: contract.QueueToken[] = [];
    for (const [i, member] of members.entries()) tokens.push(await member.client(i).call(contract.issueToken, { params }));
    await admitted(tokens[1]!.token);
    await members[0]!.holding(tokens[0]!.token).call(contract.leaveQueue, { params });
    await queue.operator.call(contract.revokePlace, { params, body: { number: tokens[4]!.number } });
    await admitted(tokens[2]!.token);

    const detail = await eventually(async () => {
      const read = await queue.operator.call(contract.readQueueDetail, { params });
      expect(read).toMatchObject({
        admitted: 2,
        waiting: 1,
        passedOver: 0,
        notSeen: 0,
        ended: { EXPIRED: 0, COMPLETED: 0, LEFT: 1, REVOKED: 1 },
      });
      return read;
    });
    expect(detail).toMatchObject({ id: queueId, state: 'OPEN', cap: 2, capacity: 10, noShowAfterSeconds: 60, sustainablePerSecond: 0.02 });
    expect(detail.byLane).toMatchObject([{ name: 'standard', waiting: 1, passedOver: 0 }]);
    expect(detail.admissionsPerSecond).toBeGreaterThan(0);
    expect(detail.admissionsPerSecond).toBe(detail.byLane[0]!.admissionsPerSecond);

    const listed: contract.QueueSettings[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await queue.operator.call(contract.listAllQueues, { query: { limit: 2, ...(cursor !== undefined && { cursor }) } });
      listed.push(...page.items);
      if (page.nextCursor === undefined) break;
      cursor = page.nextCursor;
    }
    expect(listed.filter(({ id }) => id === queueId)).toMatchObject([{ capacity: 10, windowSeconds: 100, message: 'Hello' }]);
    expect(new Set(listed.map(({ id }) => id)).size).toBe(listed.length);
  });

  it('tells operators alone, in the audit, who did what, newest first', async () => {
    const queueId = await opened();
    const params = { queueId };
    await queue.operator.call(contract.changeQueue, { params, body: { cap: 3 } });
    await queue.operator.call(contract.pauseQueue, { params, body: { message: 'Wait' } });
    const query = { subject: queueId, limit: 2 };
    const first = await queue.operator.call(contract.readQueueAudit, { query });
    expect(first.items).toMatchObject([
      { actor: queue.operatorId, action: 'queue.pause', before: { state: 'OPEN' }, after: { state: 'PAUSED', message: 'Wait' } },
      { action: 'queue.change', before: { cap: 1 }, after: { cap: 3 } },
    ]);
    const second = await queue.operator.call(contract.readQueueAudit, { query: { ...query, cursor: first.nextCursor! } });
    expect(second).toEqual({ items: [expect.objectContaining({ action: 'queue.create', after: expect.objectContaining({ cap: 1 }) })] });
    expect(await statusOf(queue.member().client().answer(contract.readQueueAudit, { query }))).toBe('403 FORBIDDEN');
  });

  it('opens each id once, however many ask', async () => {
    const body = { id: `q-${newId()}`, cap: 5 };
    const answers = await Promise.all(Array.from({ length: 5 }, () => statusOf(queue.operator.answer(contract.createQueue, { body }))));
    expect(answers.sort()).toEqual(['201', '409 QUEUE_EXISTS', '409 QUEUE_EXISTS', '409 QUEUE_EXISTS', '409 QUEUE_EXISTS']);
    expect(await queue.db('audit').where({ subject: body.id })).toHaveLength(1);
  });

  it('refuses what is not asked rightly, and changes nothing', async () => {
    const queueId = await opened();
    const params = { queueId };
    const member = queue.member();
    const { token } = await member.client().call(contract.issueToken, { params });
    await admitted(token);
    const wrong = { cap: -1 } as never;
    const answers = await Promise.all(
      [
        member.client().answer(contract.createQueue, { body: { id: 'q', cap: 1 } }),
        member.client().answer(contract.changeQueue, { params, body: { cap: 5 } }),
        member.client().answer(contract.checkTokens, { body: { tokens: [] } }),
        member.client().answer(contract.heartbeat, { params }),
        member.holding(token).answer(contract.leaveQueue, { params: { queueId: 'another' } }),
        queue.anonymous().answer(contract.issueToken, { params }),
        queue.operator.answer(contract.changeQueue, { params, body: wrong }),
        queue.operator.answer(contract.changeQueue, { params, body: { cup: 5 } as never }),
        queue.operator.answer(contract.changeQueue, { params, body: { cap: 1.5 } }),
        queue.operator.answer(contract.changeQueue, { params, body: { cap: 1e12 } }),
        queue.operator.answer(contract.changeQueue, { params, body: { capacity: 2_000_000 } }),
        queue.operator.answer(contract.changeQueue, { params: { queueId: 'nowhere' }, body: { cap: 5 } }),
        queue.operator.answer(contract.pauseQueue, { params: { queueId: 'nowhere' } }),
        queue.operator.answer(contract.pauseQueue, { params, body: { message: '' } }),
        member.client().answer(contract.closeQueue, { params }),
        member.client().answer(contract.revokePlace, { params, body: { number: 1 } }),
        queue.operator.answer(contract.revokePlace, { params, body: { number: -1 } }),
        queue.operator.answer(contract.completePlace, { params: { queueId: 'nowhere' }, body: { number: 1 } }),
        queue.operator.answer(contract.readQueueDetail, { params: { queueId: 'nowhere' } }),
        member.client().answer(contract.listAllQueues, {}),
        member.client().answer(contract.issueToken, { params: { queueId: 'No{where}' } }),
      ].map(statusOf),
    );
    expect(answers).toEqual([
      '403 FORBIDDEN',
      '403 FORBIDDEN',
      '404 NOT_FOUND',
      '401 QUEUE_TOKEN_REQUIRED',
      '403 QUEUE_WRONG',
      '401 UNAUTHENTICATED',
      '400 VALIDATION_FAILED',
      '400 VALIDATION_FAILED',
      '400 VALIDATION_FAILED',
      '400 VALIDATION_FAILED',
      '400 VALIDATION_FAILED',
      '404 NOT_FOUND',
      '404 NOT_FOUND',
      '400 VALIDATION_FAILED',
      '403 FORBIDDEN',
      '403 FORBIDDEN',
      '400 VALIDATION_FAILED',
      '404 NOT_FOUND',
      '404 NOT_FOUND',
      '403 FORBIDDEN',
      '400 VALIDATION_FAILED',
    ]);
    expect(await queue.db('audit').where({ subject: queueId })).toHaveLength(1);
    expect(await queue.db('journal').where({ queue_id: queueId })).toMatchObject([{ ending: null }]);
  });

  it('is ready while an engine answers', async () => {
    expect((await fetch(`${queue.opsUrl}/readyz`)).status).toBe(200);
  });
});
