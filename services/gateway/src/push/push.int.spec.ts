import { connect } from 'node:net';
import { Problem } from '@onsale/contracts';
import { QueueStatus, type TokenCheckResult } from '@onsale/contracts/queue';
import { endedSessions, memberHash } from '@onsale/shared/auth';
import { eventually } from '@onsale/shared/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  as,
  openEvents,
  openSocket,
  startFleet,
  type Fleet,
  type NotOpened,
  type OpenEvents,
  type OpenSocket,
  type SignedIn,
} from '../testing/index.ts';

const STREAM = '/api/v1/queues/main/tokens/current/stream';
const PATH = { sse: STREAM, websocket: `${STREAM}/ws` } as const;
const KINDS = ['sse', 'websocket'] as const;
type Kind = (typeof KINDS)[number];

const opened: { close: () => void }[] = [];
const fleets: Fleet[] = [];
let fleet: Fleet;
let member: SignedIn;
let says: TokenCheckResult;

const fleetOf = async (streams: Partial<Fleet['settings']['streams']> = {}): Promise<Fleet> => {
  const made = await startFleet({ settings: (settings) => ({ ...settings, streams: { ...settings.streams, ...streams } }) });
  made.queueSays(() => says);
  fleets.push(made);
  return made;
};
beforeAll(async () => {
  fleet = await fleetOf();
});
beforeEach(async () => {
  member = await fleet.signIn();
  says = { status: 'WAITING', position: 7, etaSeconds: 5, pollAfterMs: 1000 };
});
afterEach(() => {
  for (const stream of opened.splice(0)) stream.close();
});
afterAll(() => Promise.all(fleets.map((one) => one.stop())));

/** What both kinds of stream have in common. */
interface Stream {
  readonly refused: NotOpened | undefined;
  readonly statuses: () => Record<string, unknown>[];
  readonly isClosed: () => boolean;
  readonly close: () => void;
  readonly events?: OpenEvents;
  readonly socket?: OpenSocket;
}
const open = async (kind: Kind, headers: Record<string, string>, at: Fleet = fleet, path: string = PATH[kind]): Promise<Stream> => {
  const url = `${at.url}${path}`;
  let stream: Stream;
  if (kind === 'sse') {
    const events = await openEvents(url, headers);
    stream = { ...events, events, isClosed: () => events.heard.ended };
  } else {
    const socket = await openSocket(url, headers);
    stream = { ...socket, socket, isClosed: () => socket.heard.closed !== undefined };
  }
  opened.push(stream);
  return stream;
};
const opens = async (kind: Kind, at: Fleet = fleet, one = member, token = at.tokenFor(one)): Promise<Stream> => {
  const stream = await open(kind, as(one, token), at);
  expect(stream.refused).toBeUndefined();
  await eventually(() => expect(stream.statuses()).toHaveLength(1));
  return stream;
};
const asked = (at: Fleet = fleet): number => at.checks().length;
const metric = async (at: Fleet, name: string, label: string): Promise<number> => {
  const page = await (await fetch(`${at.opsUrl}/metrics`)).text();
  const lines = page.split('\n').filter((line) => line.startsWith(`${name}{`) && line.includes(label));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
};

describe.each(KINDS)('a stream by %s', (kind) => {
  it('tells the whole status at once, and again when it has changed, and only then', async () => {
    const stream = await opens(kind);
    expect(QueueStatus.parse(stream.statuses()[0])).toMatchObject({ queueId: 'main', status: 'WAITING', position: 7, pollAfterMs: 1000 });
    const before = asked();
    says = { ...says, pollAfterMs: 1300 };
    await eventually(() => expect(asked()).toBeGreaterThanOrEqual(before + 2));
    expect(stream.statuses()).toHaveLength(1);
    says = { ...says, position: 3 };
    await eventually(() => expect(stream.statuses()).toHaveLength(2));
    says = { status: 'ADMITTED', remainingMs: 60_000, admittedUntil: '2030-01-01T00:00:00.000Z' };
    await eventually(() => expect(stream.statuses()).toHaveLength(3));
    expect(stream.statuses().slice(1)).toMatchObject([{ position: 3 }, { status: 'ADMITTED', admittedUntil: '2030-01-01T00:00:00.000Z' }]);
    expect(stream.isClosed()).toBe(false);
  });

  it.each([
    ['no access token', 401, 'UNAUTHENTICATED', (held: string) => ({ 'queue-token': held })],
    ['no queue token', 401, 'QUEUE_TOKEN_REQUIRED', () => as(member)],
    ['nonsense for a queue token', 401, 'QUEUE_TOKEN_INVALID', () => as(member, 'nonsense')],
    ['somebody else’s queue token', 403, 'QUEUE_TOKEN_FOREIGN', () => as(member, fleet.tokenFor({ id: 'somebody' }))],
    ['a token of another queue', 403, 'QUEUE_WRONG', () => as(member, fleet.tokenFor(member, 'another'))],
  ])('is refused by a problem before it begins: %s', async (_what, status, code, headers) => {
    const { refused } = await open(kind, headers(fleet.tokenFor(member)));
    expect(Problem.parse(refused?.json)).toMatchObject({ status, code });
    expect(refused).toMatchObject({ status, headers: { 'content-type': 'application/problem+json; charset=utf-8' } });
  });

  it('is refused to a token whose life is over, and to what its route does not take', async () => {
    const headers = as(member, fleet.tokenFor(member));
    expect((await open(kind, headers, fleet, `${PATH[kind]}?token=x`)).refused?.json).toMatchObject({
      code: 'VALIDATION_FAILED',
      errors: [{ pointer: '/query/token' }],
    });
    says = { status: 'INVALID' };
    expect((await open(kind, headers)).refused?.json).toMatchObject({ code: 'QUEUE_TOKEN_INVALID' });
  });

  it('ends with its place, and is not to be opened again', async () => {
    const stream = await opens(kind);
    says = { status: 'COMPLETED' };
    await eventually(() => expect(stream.isClosed()).toBe(true));
    expect(stream.statuses().at(-1)).toMatchObject({ status: 'COMPLETED' });
    expect(stream.socket?.heard.closed ?? stream.events?.heard.events.at(-1)).toEqual(
      kind === 'sse' ? { event: 'end', data: { reason: 'COMPLETED' } } : { code: 1000, reason: 'COMPLETED' },
    );
  });

  it('ends when its token becomes void', async () => {
    const stream = await opens(kind);
    says = { status: 'INVALID' };
    await eventually(() => expect(stream.isClosed()).toBe(true));
    expect(stream.socket?.heard.closed ?? stream.events?.heard.events.at(-1)).toEqual(
      kind === 'sse' ? { event: 'end', data: { reason: 'QUEUE_TOKEN_INVALID' } } : { code: 1008, reason: 'QUEUE_TOKEN_INVALID' },
    );
  });

  it('ends with its access token', async () => {
    const brief = await fleet.signIn('member', { lifeSeconds: 5 });
    const stream = await open(kind, as(brief, fleet.tokenFor(brief)));
    await eventually(() => expect(stream.isClosed()).toBe(true));
    expect(stream.socket?.heard.closed?.reason ?? stream.events?.heard.events.at(-1)?.data).toEqual(
      kind === 'sse' ? { reason: 'UNAUTHENTICATED' } : 'UNAUTHENTICATED',
    );
  });

  it('ends with its session', async () => {
    const [stream, other] = [await opens(kind), await opens(kind, fleet, await fleet.signIn())];
    await endedSessions({ redis: fleet.redis, namespace: fleet.settings.namespace }).end(member.sessionId);
    await eventually(() => expect(stream.isClosed()).toBe(true));
    expect(stream.socket?.heard.closed?.reason ?? stream.events?.heard.events.at(-1)?.data).toEqual(
      kind === 'sse' ? { reason: 'SESSION_ENDED' } : 'SESSION_ENDED',
    );
    expect(other.isClosed()).toBe(false);
  });

  it('shows that it lives when there is nothing to tell', async () => {
    const quiet = await fleetOf({ heartbeatMs: 100 });
    const stream = await opens(kind, quiet, await quiet.signIn());
    await eventually(() => expect(stream.events?.heard.comments ?? stream.socket?.heard.pings).toBeGreaterThanOrEqual(3));
    expect(stream.isClosed()).toBe(false);
  });

  it('has its member’s room and the process’s, and leaves it to the next when it closes', async () => {
    const small = await fleetOf({ most: 3, mostOfMember: 2 });
    const [ada, bob] = [await small.signIn(), await small.signIn()];
    const first = await opens(kind, small, ada);
    await opens(kind, small, ada);
    const refusedTo = async (one: SignedIn) => (await open(kind, as(one, small.tokenFor(one)), small)).refused;
    expect(await refusedTo(ada)).toMatchObject({ status: 429, headers: { 'retry-after': '5' }, json: { code: 'RATE_LIMITED' } });
    await opens(kind, small, bob);
    expect(await refusedTo(bob)).toMatchObject({ status: 503, headers: { 'retry-after': '5' }, json: { code: 'OVERLOADED' } });
    first.close();
    await eventually(async () => expect((await open(kind, as(ada, small.tokenFor(ada)), small)).refused).toBeUndefined());
  });

  it('is sent to another replica by a process that ends, which does not wait for it', async () => {
    const ending = await fleetOf();
    const streams = await Promise.all(Array.from({ length: 5 }, async () => opens(kind, ending, await ending.signIn())));
    await ending.stopGateway();
    await eventually(() => expect(streams.map((stream) => stream.isClosed())).toEqual(streams.map(() => true)));
    const hints = streams.map(({ events, socket }) =>
      events === undefined ? Number(/^retry=(\d+)$/.exec(socket!.heard.closed!.reason)?.[1]) : events.heard.retries.at(-1)!,
    );
    expect(hints.every((ms) => ms >= 1000 && ms <= 4000)).toBe(true);
    expect(new Set(hints).size).toBeGreaterThan(1);
    expect(streams.flatMap(({ events }) => events?.heard.events.filter(({ event }) => event === 'end') ?? [])).toEqual([]);
    expect(new Set(streams.map(({ socket }) => socket?.heard.closed?.code))).toEqual(new Set([kind === 'sse' ? undefined : 1012]));
    expect(ending.logged.lines().filter(({ msg }) => msg === 'drain deadline: closing the connections that are left')).toEqual([]);
  });

  it('outlives an outage of the queue', async () => {
    const stream = await opens(kind);
    const answering = fleet.queue.answering();
    fleet.queue.answers((_seen, res) => void res.writeHead(500).end());
    await eventually(() =>
      expect(fleet.logged.lines().map(({ msg }) => msg)).toContain('the places behind the streams cannot be looked at'),
    );
    fleet.queue.answers(answering);
    says = { ...says, position: 1 };
    await eventually(() => expect(stream.statuses().at(-1)).toMatchObject({ position: 1 }));
    expect(stream.isClosed()).toBe(false);
  });

  it('is cut when its reader does not read, and has cost no more than a message meanwhile', async () => {
    const impatient = await fleetOf({ stallMs: 200 });
    const [deaf, other] = [await impatient.signIn(), await impatient.signIn()];
    // more than the system takes for a reader: with each look another three megabytes
    impatient.queueSays(({ member }) =>
      member === memberHash(deaf.id) ? { status: 'ADMITTED', admittedUntil: `${Math.random()}`.padEnd(3_000_000, 'x') } : says,
    );
    const stream = await open(kind, as(deaf, impatient.tokenFor(deaf)), impatient);
    if (stream.events === undefined) stream.socket!.socket.pause();
    else stream.events.stopReading();
    const reading = await open(kind, as(other, impatient.tokenFor(other)), impatient);
    await eventually(async () => expect(await metric(impatient, 'onsale_gateway_streams_ended_total', 'why="stalled"')).toBe(1));
    expect(reading.isClosed()).toBe(false);
  });
});

describe('server-sent events', () => {
  it('are sent as such, with when to come back', async () => {
    const { events } = await opens('sse');
    expect(events!.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    expect(events!.heard.retries).toHaveLength(1);
  });

  it('are no request under way any more once they have begun, however long they last', async () => {
    const quiet = await fleetOf();
    const one = await quiet.signIn();
    await Promise.all([opens('sse', quiet, one), opens('sse', quiet, one)]);
    await eventually(async () => expect(await metric(quiet, 'onsale_gateway_streams', 'kind="sse"')).toBe(2));
    expect(await metric(quiet, 'onsale_http_requests_under_way', '')).toBe(0);
    expect(await metric(quiet, 'onsale_http_request_seconds_count', '/stream",status="200"')).toBe(2);
  });

  it('answer 204 to a browser that comes back after the end, and the end to one that has not heard it', async () => {
    const headers = as(member, fleet.tokenFor(member));
    says = { status: 'EXPIRED' };
    const first = await open('sse', headers);
    await eventually(() => expect(first.isClosed()).toBe(true));
    expect(first.events!.heard.events.map(({ event }) => event)).toEqual(['status', 'end']);
    const id = first.events!.heard.events[0]!.id!;
    expect((await open('sse', { ...headers, 'last-event-id': id })).refused).toMatchObject({ status: 204, json: undefined });
    expect((await open('sse', { ...headers, 'last-event-id': '999999.EXPIRED' })).refused).toBeUndefined();
  });

  it('answer HEAD with the headers alone', async () => {
    const answer = await fleet.call('HEAD', STREAM, { headers: as(member, fleet.tokenFor(member)) });
    expect([answer.status, answer.text]).toEqual([200, '']);
  });
});

describe('a wish to upgrade', () => {
  const upgrade = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };

  it('is answered like a request: 404 where nothing is', async () => {
    expect((await open('websocket', as(member), fleet, '/api/v1/nothing/ws')).refused).toMatchObject({
      status: 404,
      json: { code: 'NOT_FOUND' },
    });
  });

  it('is ignored by a route that speaks plain HTTP', async () => {
    const answer = await fleet.call('GET', '/api/v1/concerts', { headers: upgrade });
    expect([answer.status, answer.json]).toEqual([200, { by: 'reservation' }]);
  });

  it('is needed for a WebSocket', async () => {
    const answer = await fleet.call('GET', PATH.websocket, { headers: as(member, fleet.tokenFor(member)) });
    expect([answer.status, answer.headers['upgrade'], answer.json?.['code']]).toEqual([426, 'websocket', 'UPGRADE_REQUIRED']);
  });

  it('has to be the opening of a WebSocket', async () => {
    const { 'sec-websocket-key': _key, ...without } = upgrade;
    const answer = await fleet.call('GET', PATH.websocket, { headers: { ...as(member, fleet.tokenFor(member)), ...without } });
    expect(answer.json).toMatchObject({ status: 400, code: 'VALIDATION_FAILED', errors: [{ pointer: '/headers' }] });
    expect(await metric(fleet, 'onsale_gateway_streams', 'kind="websocket"')).toBe(0);
  });
});

describe('requests that are sent before the one before is answered', () => {
  const head = (path: string, headers: Record<string, string>): string =>
    `GET ${path} HTTP/1.1\r\nHost: x\r\n${Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')}\r\n`;
  /** What the gateway has said to these bytes, for as long as the connection is open. */
  const raw = (at: Fleet, bytes: string) => {
    const { hostname, port } = new URL(at.url);
    const socket = connect(Number(port), hostname);
    const said = { text: '', closed: false };
    socket.on('data', (chunk: Buffer) => (said.text += chunk.toString()));
    socket.on('error', () => {});
    socket.on('close', () => (said.closed = true));
    socket.write(bytes);
    opened.push({ close: () => socket.destroy() });
    return said;
  };
  const upgrade = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };

  it('are no way to upgrade: a connection whose answer is still to come is nobody else’s', async () => {
    const headers = { ...as(member, fleet.tokenFor(member)), ...upgrade };
    for (const before of ['/api/v1/concerts', '/waiting-room/main/nothing', '/nothing']) {
      const said = raw(fleet, head(before, {}) + head(PATH.websocket, headers));
      await eventually(() => expect(said.text).toMatch(/^HTTP\/1\.1 [24][^]*HTTP\/1\.1 426 /));
    }
    await opens('websocket');
  });

  it('have a stream before them cut, and leave nothing under way', async () => {
    const small = await startFleet({ settings: (settings) => ({ ...settings, upstream: { ...settings.upstream, concurrency: 2 } }) });
    fleets.push(small);
    const one = await small.signIn();
    for (let n = 0; n < 3; n += 1) {
      const said = raw(small, head(PATH.sse, as(one, small.tokenFor(one))) + head('/api/v1/concerts', {}));
      await eventually(() => expect(said.closed).toBe(true));
    }
    expect((await small.call('GET', '/api/v1/concerts')).status).toBe(200);
    await eventually(async () => expect(await metric(small, 'onsale_http_requests_under_way', '')).toBe(0));
    expect(await metric(small, 'onsale_gateway_streams', 'kind="sse"')).toBe(0);
  });
});

describe('a WebSocket', () => {
  it('opens by a browser’s cookies for pages of the shop alone', async () => {
    const cookie = `__Host-onsale-access=${member.accessToken}; __Host-onsale-queue-main=${fleet.tokenFor(member)}`;
    const shop = `https://${new URL(fleet.url).host}`;
    expect((await open('websocket', { cookie, origin: shop })).refused).toBeUndefined();
    for (const origin of [undefined, 'https://elsewhere.example']) {
      const { refused } = await open('websocket', { cookie, ...(origin !== undefined && { origin }) });
      expect(refused?.json).toMatchObject({ status: 403, code: 'ORIGIN_NOT_ALLOWED' });
    }
  });

  it('is cut when the other end no longer answers', async () => {
    const quiet = await fleetOf({ heartbeatMs: 100 });
    const one = await quiet.signIn();
    const dead = await openSocket(`${quiet.url}${PATH.websocket}`, as(one, quiet.tokenFor(one)), { autoPong: false });
    opened.push(dead);
    await eventually(() => expect(dead.heard.closed).toBeDefined());
    expect(await metric(quiet, 'onsale_gateway_streams_ended_total', 'why="stalled"')).toBe(1);
  });

  it('ends for a reader that talks, and for one that says more than a word', async () => {
    const talker = (await opens('websocket')).socket!;
    for (let n = 0; n < 100; n += 1) talker.socket.send('hello');
    await eventually(() => expect(talker.heard.closed).toEqual({ code: 1008, reason: 'TOO_MANY_FRAMES' }));
    const orator = (await opens('websocket')).socket!;
    orator.socket.send('x'.repeat(10_000));
    await eventually(() => expect(orator.heard.closed?.code).toBe(1009));
  });
});

describe('the looks behind the streams', () => {
  it('ask once for a token with many streams, and not at all when they have closed', async () => {
    const token = fleet.tokenFor(member);
    const streams = await Promise.all(KINDS.map((kind) => opens(kind, fleet, member, token)));
    const before = asked();
    await eventually(() => expect(asked()).toBeGreaterThanOrEqual(before + 2));
    const looks = fleet
      .checks()
      .slice(before)
      .map(({ body }) => (JSON.parse(body) as { tokens: unknown[] }).tokens.length);
    expect(new Set(looks)).toEqual(new Set([1]));
    for (const stream of streams) stream.close();
    await eventually(async () => expect(await metric(fleet, 'onsale_gateway_streams', 'kind=')).toBe(0));
  });

  it('come to everybody far behind when one of them is found admitted out of turn', async () => {
    const members = await Promise.all(Array.from({ length: 30 }, () => fleet.signIn()));
    says = { status: 'WAITING', position: 50_000, etaSeconds: 5000, pollAfterMs: 30_000 };
    const streams = await Promise.all(members.map((one) => opens('sse', fleet, one)));
    says = { status: 'ADMITTED', remainingMs: 60_000 };
    await eventually(() => expect(streams.every((stream) => stream.statuses().at(-1)?.['status'] === 'ADMITTED')).toBe(true));
  });
});
