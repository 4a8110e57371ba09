import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { urlOf } from '@onsale/contracts';
import { signIn, signOut, signUp, tokensOf } from '@onsale/contracts/commerce';
import { issueToken, streamStatus, streamStatusBySocket } from '@onsale/contracts/queue';
import { newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import { openEvents, openSocket } from '../../services/gateway/src/testing/streams.ts';
import type { TestMember } from '../kit/member.ts';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

let fleet: TestFleet;
const open: { close: () => void }[] = [];
beforeAll(async () => {
  fleet = await startTestFleet({ replicas: { gateway: 2 } });
});
afterEach(() => {
  for (const stream of open.splice(0)) stream.close();
});
afterAll(() => fleet?.stop());

const kept = <S extends { close: () => void }>(stream: S): S => {
  open.push(stream);
  return stream;
};
const headersOf = (accessToken: string, queueToken: string) => ({ authorization: `Bearer ${accessToken}`, 'queue-token': queueToken });
const events = async (queueId: string, { accessToken, token }: Pick<TestMember, 'accessToken' | 'token'>, at = fleet.gatewayUrl) =>
  kept(await openEvents(urlOf(at, streamStatus, { queueId }), headersOf(accessToken, token()!)));
const socket = async (queueId: string, { accessToken, token }: TestMember, at = fleet.gatewayUrl) =>
  kept(await openSocket(urlOf(at, streamStatusBySocket, { queueId }), headersOf(accessToken, token()!)));

describe('a stream', () => {
  it('follows its member from the line to the end of the turn, by events and by WebSocket', async () => {
    const { queueId } = await fleet.sale({ seats: 1, queue: { cap: 1 } });
    const [ada, bob, eve] = await fleet.members(3);
    await ada.isAdmitted(queueId);
    await bob.takesNumber(queueId);
    await eve.takesNumber(queueId);
    const [ofBob, ofEve] = [await events(queueId, bob), await socket(queueId, eve)];
    await eventually(() => expect(ofBob.statuses().at(-1)).toMatchObject({ status: 'WAITING', position: 1 }));
    await eventually(() => expect(ofEve.statuses().at(-1)).toMatchObject({ status: 'WAITING', position: 2 }));

    await ada.leaves(queueId);
    await eventually(() => expect(ofBob.statuses().at(-1)).toMatchObject({ status: 'ADMITTED', admittedUntil: expect.any(String) }));
    await eventually(() => expect(ofEve.statuses().at(-1)).toMatchObject({ status: 'WAITING', position: 1 }));

    await bob.leaves(queueId);
    await eventually(() => expect(ofBob.heard.ended).toBe(true));
    expect(ofBob.heard.events.slice(-2)).toMatchObject([
      { event: 'status', data: { status: 'LEFT' } },
      { event: 'end', data: { reason: 'LEFT' } },
    ]);
    await eventually(() => expect(ofEve.statuses().at(-1)).toMatchObject({ status: 'ADMITTED' }));
  });

  it('ends when its member signs out', async () => {
    const { queueId } = await fleet.sale({ seats: 1, queue: { cap: 0 } });
    const [email, password] = [`${newId()}@example.com`, 'correct horse battery'];
    await fleet.client.call(signUp, { body: { email, password, name: 'Ada' } });
    const { accessToken } = tokensOf(await fleet.client.call(signIn, { body: { email, password } }));
    const { token } = await fleet.client.call(issueToken, { accessToken, params: { queueId } });
    const stream = await events(queueId, { accessToken, token: () => token });
    await fleet.client.call(signOut, { accessToken });
    await eventually(() => expect(stream.heard.events.at(-1)).toMatchObject({ event: 'end', data: { reason: 'SESSION_ENDED' } }));
    expect((await events(queueId, { accessToken, token: () => token })).refused).toMatchObject({
      status: 401,
      json: { code: 'SESSION_ENDED' },
    });
  });

  it('goes on at another gateway, at its place, when its own ends', async () => {
    const { queueId } = await fleet.sale({ seats: 1, queue: { cap: 0 } });
    const members = await fleet.members(6);
    for (const member of members) await member.takesNumber(queueId);
    const [, ending] = fleet.processesOf('gateway');
    const [staying] = fleet.urlsOf('gateway');
    const [sse, ws] = await Promise.all([
      Promise.all(members.slice(0, 3).map((member) => events(queueId, member, ending!.url))),
      Promise.all(members.slice(3).map((member) => socket(queueId, member, ending!.url))),
    ]);
    const told = () => [...sse, ...ws].map((stream) => stream.statuses().at(-1)!['position']);
    await eventually(() => expect(told()).toEqual([1, 2, 3, 4, 5, 6]));

    ending!.kill('SIGTERM');
    expect(await ending!.exited()).toEqual({ code: 0, signal: null });
    await eventually(() =>
      expect(sse.every(({ heard }) => heard.ended) && ws.every(({ heard }) => heard.closed?.code === 1012)).toBe(true),
    );
    expect(sse.every(({ heard }) => heard.retries.length === 2 && heard.events.every(({ event }) => event === 'status'))).toBe(true);

    const again = await Promise.all(members.map((member) => events(queueId, member, staying)));
    await eventually(() => expect(again.map((stream) => stream.statuses().at(-1)?.['position'])).toEqual([1, 2, 3, 4, 5, 6]));
    await ending!.start();
  });
});
