import { createHash, createHmac } from 'node:crypto';
import { urlOf } from '@onsale/contracts';
import { changeMember, listMembers, refreshSession, signIn, signUp, tokensOf } from '@onsale/contracts/commerce';
import {
  changeQueue,
  createInvitations,
  createQueue,
  issueToken,
  readDraw,
  streamStatus,
  streamStatusBySocket,
} from '@onsale/contracts/queue';
import { memberHash } from '@onsale/shared/auth';
import { newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openEvents, openSocket } from '../../services/gateway/src/testing/streams.ts';
import type { TestMember } from '../kit/member.ts';
import { outcomeOf } from '../kit/outcome.ts';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startTestFleet();
});
afterAll(() => fleet?.stop());

const PATIENCE = { withinMs: 30_000 };

const opened = async (
  settings: Omit<NonNullable<Parameters<typeof fleet.asOperator<typeof createQueue>>[1]['body']>, 'id'>,
): Promise<string> => {
  const { id } = await fleet.asOperator(createQueue, { body: { id: `q-${newId()}`, abandonAfterSeconds: 3600, ...settings } });
  return id;
};
const change = (queueId: string, body: object) => fleet.asOperator(changeQueue, { params: { queueId }, body });

/** Lane and number of everybody who was admitted, in the order of their turns. */
const turns = (queueId: string): Promise<{ lane: string; number: number }[]> =>
  fleet.stores.databases.queue('journal').where('queue_id', queueId).whereNotNull('turn').orderBy('turn').select('lane', 'number');

const takes = (member: TestMember, queueId: string, body: { lane?: string; invitation?: string } = {}) =>
  member.once().asks(issueToken, { params: { queueId }, body });

describe('Q9: lanes', () => {
  it('take turns by their weights, each in its own order, and the standard one has its turns too', async () => {
    const queueId = await opened({ cap: 0, lanes: [{ name: 'vip', weight: 3 }] });
    const { codes } = await fleet.asOperator(createInvitations, { params: { queueId }, body: { lane: 'vip', count: 12 } });
    const standard = await fleet.members(12);
    const invited = await fleet.members(12);
    for (const member of standard) expect((await takes(member, queueId)).body).toMatchObject({ lane: 'standard', status: 'WAITING' });
    for (const [n, member] of invited.entries())
      expect((await takes(member, queueId, { lane: 'vip', invitation: codes[n]! })).body).toMatchObject({ lane: 'vip', status: 'WAITING' });

    await change(queueId, { cap: 8 });
    await eventually(async () => expect(await turns(queueId)).toHaveLength(8), PATIENCE);
    const first = await turns(queueId);
    expect(first.filter(({ lane }) => lane === 'vip')).toHaveLength(6); // though all of them came last
    expect(first.filter(({ lane }) => lane === 'standard')).toHaveLength(2);

    await change(queueId, { cap: 24 });
    await eventually(async () => expect(await turns(queueId)).toHaveLength(24), PATIENCE);
    for (const name of ['vip', 'standard']) {
      const numbers = (await turns(queueId)).filter(({ lane }) => lane === name).map(({ number }) => number);
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    }
  });

  it('are by grant alone, and an invitation is for one', async () => {
    const queueId = await opened({ cap: 0, lanes: [{ name: 'vip', weight: 3 }] });
    const { codes } = await fleet.asOperator(createInvitations, { params: { queueId }, body: { lane: 'vip', count: 1 } });
    const [guest, other] = await fleet.members(2);
    const invitation = codes[0]!;
    expect((await takes(other, queueId, { lane: 'vip' })).is).toBe('403 LANE_NOT_GRANTED');
    expect((await takes(other, queueId, { lane: 'vip', invitation: 'made-up' })).is).toBe('403 INVITATION_INVALID');
    expect((await takes(guest, queueId, { lane: 'vip', invitation })).is).toBe('201');
    expect((await takes(other, queueId, { lane: 'vip', invitation })).is).toBe('403 INVITATION_INVALID');
    expect((await fleet.queue(queueId)).waiting).toBeLessThanOrEqual(1);
    expect((await takes(guest, queueId, { lane: 'vip', invitation })).body).toMatchObject({ lane: 'vip', position: 1 }); // asked again
  });

  it('are open to a member whom an operator grants them, from its next tokens on, and take it over where it stands', async () => {
    const queueId = await opened({ cap: 0, lanes: [{ name: 'vip', weight: 3 }] });
    const credentials = { email: `${newId()}@example.com`, password: 'correct horse battery' };
    const { id } = await fleet.client.call(signUp, { body: { ...credentials, name: 'Ada' } });
    const session = tokensOf(await fleet.client.call(signIn, { body: credentials }));
    const asks = (accessToken: string, body: { lane?: string }) =>
      outcomeOf(fleet.client.answer(issueToken, { accessToken, params: { queueId }, body }));

    const { items } = await fleet.asOperator(listMembers, { query: { email: credentials.email } });
    expect(items.map((member) => member.id)).toEqual([id]);
    await fleet.asOperator(changeMember, { params: { id }, body: { lanes: ['vip'] } });
    expect((await asks(session.accessToken, { lane: 'vip' })).is).toBe('403 LANE_NOT_GRANTED');
    const { number } = (await asks(session.accessToken, {})).body as { number: number };

    const { accessToken } = tokensOf(await fleet.client.call(refreshSession, { body: { refreshToken: session.refreshToken } }));
    expect(await asks(accessToken, { lane: 'vip' })).toMatchObject({ is: '200', body: { number, lane: 'vip', position: 1 } });
  });
});

describe('Q10: who stands in line', () => {
  const headersOf = (member: TestMember) => ({ authorization: `Bearer ${member.accessToken}`, 'queue-token': member.token()! });

  it('is told of every change by server-sent events and by WebSocket, and at its end that it has ended', async () => {
    const queueId = await opened({ cap: 0, maxPollSeconds: 1 });
    const [ada, bob] = await fleet.members(2);
    await ada.takesNumber(queueId);
    await bob.takesNumber(queueId);
    const events = await openEvents(urlOf(fleet.gatewayUrl, streamStatus, { queueId }), headersOf(ada));
    const socket = await openSocket(urlOf(fleet.gatewayUrl, streamStatusBySocket, { queueId }), headersOf(bob));
    await eventually(() => expect(events.statuses().at(-1)).toMatchObject({ status: 'WAITING', position: 1 }), PATIENCE);
    await eventually(() => expect(socket.statuses().at(-1)).toMatchObject({ status: 'WAITING', position: 2 }), PATIENCE);

    await change(queueId, { cap: 1 });
    await eventually(() => expect(events.statuses().at(-1)).toMatchObject({ status: 'ADMITTED' }), PATIENCE);
    await eventually(() => expect(socket.statuses().at(-1)).toMatchObject({ status: 'WAITING', position: 1 }), PATIENCE);
    expect((await ada.leaves(queueId)).is).toBe('204');
    await eventually(() => expect(socket.statuses().at(-1)).toMatchObject({ status: 'ADMITTED' }), PATIENCE);
    await eventually(() => expect(events.heard).toMatchObject({ ended: true }), PATIENCE);
    expect(events.heard.events.at(-1)).toMatchObject({ event: 'end', data: { reason: 'LEFT' } });
    socket.close();
  });

  it('is told to ask again soon near the head, and seldom far behind', async () => {
    const queueId = await opened({ cap: 0, admitPerSecond: 1, maxPollSeconds: 30 });
    const line = await fleet.members(40);
    for (const member of line) await member.takesNumber(queueId);
    await change(queueId, { cap: 40 });
    const waiting = async () => {
      const statuses = await Promise.all(line.map(async (member) => (await member.status(queueId)).body!));
      return statuses.filter(({ status }) => status === 'WAITING');
    };
    // a second and its jitter at the head, more than that where the rate that was seen says that it takes longer
    await eventually(async () => {
      const polls = (await waiting()).map(({ pollAfterMs }) => pollAfterMs!);
      expect(polls[0]).toBeLessThanOrEqual(1_300);
      expect(polls.at(-1)).toBeGreaterThan(1_300);
    }, PATIENCE);
  });
});

describe('the opening', () => {
  it('draws the order of those who were there before, by a seed that was promised, and anybody can check it', async () => {
    const queueId = await opened({ cap: 0, opensAt: new Date(Date.now() + 3_600_000).toISOString() });
    const draw = () => fleet.client.call(readDraw, { params: { queueId } });
    const { seedHash, seed } = await draw();
    expect(seed).toBeUndefined();
    const members = await fleet.members(12);
    for (const member of members) expect((await member.takesNumber(queueId)).body?.status).toBe('PREQUEUE');
    await change(queueId, { cap: 12 });
    const { queue } = fleet.stores.databases;
    await queue('queues')
      .where('id', queueId)
      .update({ opens_at: queue.raw('NOW(3)') }); // the hour is over

    await eventually(async () => expect(await turns(queueId)).toHaveLength(12), { withinMs: 60_000 });
    const told = await eventually(async () => {
      const now = await draw();
      expect(now.seed).toBeDefined();
      expect(now.count).toBe(12);
      return now;
    }, PATIENCE);
    const key = Buffer.from(told.seed!, 'hex');
    expect(createHash('sha256').update(key).digest('hex')).toBe(seedHash);
    const scoreOf = (member: string): number => createHmac('sha256', key).update(member).digest().readUIntBE(0, 6);
    expect(told.entries.map(({ member }) => member)).toEqual(
      members.map(({ id }) => memberHash(id)).toSorted((a, b) => scoreOf(a) - scoreOf(b)),
    );
    expect((await turns(queueId)).map(({ number }) => number)).toEqual(told.entries.map(({ number }) => number));
  });
});
