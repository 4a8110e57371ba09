import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { urlOf } from '@onsale/contracts';
import { changeQueue, createQueue, issueToken, streamStatus, streamStatusBySocket, tokenStatus } from '@onsale/contracts/queue';
import { newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openEvents, openSocket, type NotOpened } from '../../services/gateway/src/testing/streams.ts';
import type { TestMember } from '../kit/member.ts';
import { send } from '../kit/send.ts';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

const SLOW = 30;

let fleet: TestFleet;
let queueId: string;
let waiter: TestMember;
let other: TestMember;
let elsewhere: TestMember;
let operatorToken: string;
let before: Record<string, string>;
let slow: { readonly socket: Socket; readonly said: Promise<string> }[];

/** A client that never comes to the end of its headers, or of its body. */
const drips = (head: string) => {
  const { hostname, port } = new URL(fleet.gatewayUrl);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.write(head);
  return { socket, said: text(socket).catch(() => '') };
};

beforeAll(async () => {
  fleet = await startTestFleet();
  ({ queueId } = await fleet.sale({ seats: 1, queue: { cap: 0, abandonAfterSeconds: 3600 } }));
  const another = await fleet.sale({ seats: 1, queue: { cap: 0, abandonAfterSeconds: 3600 } });
  await fleet.asOperator(changeQueue, { params: { queueId }, body: { lanes: [{ name: 'vip' }] } });
  [waiter, other, elsewhere] = await fleet.members(3);
  await waiter.takesNumber(queueId);
  await other.takesNumber(queueId);
  await elsewhere.takesNumber(another.queueId);
  operatorToken = await fleet.accessToken({ role: 'operator' });
  const path = new URL(urlOf(fleet.gatewayUrl, streamStatus, { queueId })).pathname;
  const headers = `Host: x\r\nAuthorization: Bearer ${waiter.accessToken}\r\n`;
  slow = Array.from({ length: SLOW }, (_, n) =>
    drips(n % 2 === 0 ? `GET ${path} HTTP/1.1\r\n${headers}X-Slow: ` : `POST ${path}x HTTP/1.1\r\n${headers}Content-Length: 100\r\n\r\n{`),
  );
});
afterAll(async () => {
  for (const { socket } of slow ?? []) socket.destroy();
  await fleet?.stop();
});
beforeEach(async () => {
  before = await eventually(() => fleet.digest({ settled: true }));
});
afterEach(async () => {
  expect(await eventually(() => fleet.digest({ settled: true }))).toEqual(before);
});

interface Answered {
  readonly status: number;
  readonly text: string;
}

/** Of engines, files and code nothing is told. */
const INSIDE = /redis|mysql|ECONN|ER_|node_modules|\.ts\b|\.lua|stack|127\.0\.0\.1/i;

const codeOf = ({ status, text: body }: Answered): string => {
  expect(body).not.toMatch(INSIDE);
  return `${status} ${(JSON.parse(body) as { code: string }).code}`;
};
const pointersOf = ({ text: body }: Answered): string[] =>
  ((JSON.parse(body) as { errors?: { pointer: string }[] }).errors ?? []).map(({ pointer }) => pointer);
const ofStream = ({ status, json }: NotOpened): string => codeOf({ status, text: JSON.stringify(json) });

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const asks = (method: string, url: string, headers: Record<string, string>, body?: unknown) =>
  send({
    method,
    url,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

describe('a line that is not there', () => {
  it('gives no number, and is not changed', async () => {
    const unknown = { queueId: `q-${newId()}` };
    const member = bearer(other.accessToken);
    expect(codeOf(await asks('POST', urlOf(fleet.gatewayUrl, issueToken, unknown), member, {}))).toBe('404 NOT_FOUND');
    expect(codeOf(await asks('PATCH', urlOf(fleet.gatewayUrl, changeQueue, unknown), bearer(operatorToken), { cap: 1 }))).toBe(
      '404 NOT_FOUND',
    );
    const shown = { ...member, 'queue-token': other.token()! };
    expect(codeOf(await asks('GET', urlOf(fleet.gatewayUrl, tokenStatus, unknown), shown))).toBe('403 QUEUE_WRONG');
  });
});

/** Everything that is no token of this member in this queue, with what it is answered. */
const wrongTokens = (): [string | undefined, string][] => {
  const token = waiter.token()!;
  const parts = token.split('.');
  const payload = parts[2]!.split('~');
  const forged = (...fields: string[]): string => [parts[0], parts[1], fields.join('~'), parts[3]].join('.');
  return [
    [undefined, '401 QUEUE_TOKEN_REQUIRED'],
    ['nonsense', '401 QUEUE_TOKEN_INVALID'],
    ['x'.repeat(10_000), '401 QUEUE_TOKEN_INVALID'],
    [token.slice(0, -1), '401 QUEUE_TOKEN_INVALID'],
    [`${token}A`, '401 QUEUE_TOKEN_INVALID'],
    [forged(payload[0]!, payload[1]!, '1', ...payload.slice(3)), '401 QUEUE_TOKEN_INVALID'], // a number nearer the head
    [forged(...payload.slice(0, 3), 'vip', ...payload.slice(4)), '401 QUEUE_TOKEN_INVALID'], // a lane that is served first
    [['2', ...parts.slice(1)].join('.'), '401 QUEUE_TOKEN_INVALID'],
    [[parts[0], 'other-key', ...parts.slice(2)].join('.'), '401 QUEUE_TOKEN_INVALID'],
    [other.token()!, '403 QUEUE_TOKEN_FOREIGN'],
    [elsewhere.token()!, '403 QUEUE_TOKEN_FOREIGN'],
  ];
};
const headersWith = (token: string | undefined) => ({
  ...bearer(waiter.accessToken),
  ...(token === undefined ? {} : { 'queue-token': token }),
});

describe('a token that is none', () => {
  it('is told from those that are by its code, wherever it is shown', async () => {
    const url = urlOf(fleet.gatewayUrl, tokenStatus, { queueId });
    for (const [token, code] of wrongTokens())
      for (const [method, path] of [
        ['GET', ''],
        ['DELETE', ''],
        ['PUT', '/heartbeat'],
      ] as const)
        expect([token, codeOf(await asks(method, `${url}${path}`, headersWith(token)))]).toEqual([token, code]);
  });

  it('opens no stream, by events or by WebSocket', async () => {
    for (const [token, code] of wrongTokens()) {
      const events = await openEvents(urlOf(fleet.gatewayUrl, streamStatus, { queueId }), headersWith(token));
      const socket = await openSocket(urlOf(fleet.gatewayUrl, streamStatusBySocket, { queueId }), headersWith(token));
      expect([token, ofStream(events.refused!), ofStream(socket.refused!)]).toEqual([token, code, code]);
    }
    const nobody = await openSocket(urlOf(fleet.gatewayUrl, streamStatusBySocket, { queueId }), { 'queue-token': waiter.token()! });
    expect(ofStream(nobody.refused!)).toBe('401 UNAUTHENTICATED');
    const plain = await asks('GET', urlOf(fleet.gatewayUrl, streamStatusBySocket, { queueId }), headersWith(waiter.token()));
    expect(codeOf(plain)).toBe('426 UPGRADE_REQUIRED');
    await eventually(async () => expect(await fleet.metric(fleet.processesOf('gateway'), 'onsale_gateway_streams')).toBe(0));
  });

  it('is too much where it is larger than any header', async () => {
    const answer = await asks('GET', urlOf(fleet.gatewayUrl, tokenStatus, { queueId }), headersWith('x'.repeat(40_000)));
    expect(codeOf(answer)).toBe('413 PAYLOAD_TOO_LARGE');
  });
});

describe('a lane', () => {
  it.each<[string, object, string, string[]]>([
    ['that is not granted', { lane: 'vip' }, '403 LANE_NOT_GRANTED', []],
    ['that is not there', { lane: 'press' }, '400 VALIDATION_FAILED', ['/body/lane']],
    ['that is no name', { lane: 'NOT A LANE' }, '400 VALIDATION_FAILED', ['/body/lane']],
    ['that is no text', { lane: 7 }, '400 VALIDATION_FAILED', ['/body/lane']],
    ['by an invitation that is none', { lane: 'vip', invitation: 'made-up' }, '403 INVITATION_INVALID', []],
    ['by an invitation without end', { lane: 'vip', invitation: 'x'.repeat(65) }, '400 VALIDATION_FAILED', ['/body/invitation']],
  ])('%s is not taken', async (_what, body, code, pointers) => {
    const newcomer = bearer(await fleet.accessToken());
    const answer = await asks('POST', urlOf(fleet.gatewayUrl, issueToken, { queueId }), newcomer, body);
    expect([codeOf(answer), pointersOf(answer)]).toEqual([code, pointers]);
  });
});

describe('a setting of a line', () => {
  it.each<[string, object, string]>([
    ['a negative cap', { cap: -1 }, '/body/cap'],
    ['half a place', { cap: 1.5 }, '/body/cap'],
    ['two million inside', { cap: 2_000_000 }, '/body/cap'],
    ['two million places', { capacity: 2_000_000 }, '/body/capacity'],
    ['no places', { capacity: 0 }, '/body/capacity'],
    ['nobody a second', { admitPerSecond: 0 }, '/body/admitPerSecond'],
    ['a window without end', { windowSeconds: 1e12 }, '/body/windowSeconds'],
    ['a lane twice', { lanes: [{ name: 'vip' }, { name: 'vip' }] }, '/body/lanes'],
    ['a weight of nothing', { lanes: [{ name: 'vip', weight: 0 }] }, '/body/lanes/0/weight'],
    ['a day that is none', { opensAt: '2030-02-31T00:00:00Z' }, '/body/opensAt'],
    ['what nobody knows', { caps: 1 }, '/body/caps'],
  ])('is not %s', async (_what, body, pointer) => {
    const operator = bearer(operatorToken);
    const changed = await asks('PATCH', urlOf(fleet.gatewayUrl, changeQueue, { queueId }), operator, body);
    const made = await asks('POST', urlOf(fleet.gatewayUrl, createQueue, {}), operator, { id: 'bad', cap: 1, ...body });
    for (const answer of [changed, made]) expect([codeOf(answer), pointersOf(answer)]).toEqual(['400 VALIDATION_FAILED', [pointer]]);
  });
});

describe('clients that never come to an end', () => {
  it('keep nobody else waiting, and are sent off with a problem', async () => {
    expect((await waiter.status(queueId)).body?.status).toBe('WAITING');
    const said = await Promise.all(slow.map((client) => client.said)); // the server has them wait no longer than its deadlines
    for (const one of said) expect(one).toMatch(/^HTTP\/1\.1 4\d\d [^]*"code":"(VALIDATION_FAILED|NOT_FOUND|METHOD_NOT_ALLOWED)"/);
    expect(said.filter((one) => one.includes('did not come whole in time')).length).toBeGreaterThanOrEqual(SLOW / 2);
    await eventually(async () => expect(await fleet.metric(fleet.processesOf('gateway'), 'onsale_http_requests_under_way')).toBe(0));
  });
});
