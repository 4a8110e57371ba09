import { Problem } from '@onsale/contracts';
import { QueueStatus } from '@onsale/contracts/queue';
import { endedSessions, memberHash } from '@onsale/shared/auth';
import { eventually } from '@onsale/shared/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { as, KINDS, metric, PATH, pushStreams, type SignedIn } from '../testing/index.ts';

const { start, begin, closeStreams, stop, now, fleetOf, open, opens, asked } = pushStreams();
beforeAll(start);
beforeEach(begin);
afterEach(closeStreams);
afterAll(stop);

describe.each(KINDS)('a stream by %s', (kind) => {
  it('tells the whole status at once, and again when it has changed, and only then', async () => {
    const stream = await opens(kind);
    expect(QueueStatus.parse(stream.statuses()[0])).toMatchObject({ queueId: 'main', status: 'WAITING', position: 7, pollAfterMs: 1000 });
    const before = asked();
    now.says = { ...now.says, pollAfterMs: 1300 };
    await eventually(() => expect(asked()).toBeGreaterThanOrEqual(before + 2));
    expect(stream.statuses()).toHaveLength(1);
    now.says = { ...now.says, position: 3 };
    await eventually(() => expect(stream.statuses()).toHaveLength(2));
    now.says = { status: 'ADMITTED', remainingMs: 60_000, admittedUntil: '2030-01-01T00:00:00.000Z' };
    await eventually(() => expect(stream.statuses()).toHaveLength(3));
    expect(stream.statuses().slice(1)).toMatchObject([{ position: 3 }, { status: 'ADMITTED', admittedUntil: '2030-01-01T00:00:00.000Z' }]);
    expect(stream.isClosed()).toBe(false);
  });

  it.each([
    ['no access token', 401, 'UNAUTHENTICATED', (held: string) => ({ 'queue-token': held })],
    ['no queue token', 401, 'QUEUE_TOKEN_REQUIRED', () => as(now.member)],
    ['nonsense for a queue token', 401, 'QUEUE_TOKEN_INVALID', () => as(now.member, 'nonsense')],
    ['somebody else’s queue token', 403, 'QUEUE_TOKEN_FOREIGN', () => as(now.member, now.fleet.tokenFor({ id: 'somebody' }))],
    ['a token of another queue', 403, 'QUEUE_WRONG', () => as(now.member, now.fleet.tokenFor(now.member, 'another'))],
  ])('is refused by a problem before it begins: %s', async (_what, status, code, headers) => {
    const { refused } = await open(kind, headers(now.fleet.tokenFor(now.member)));
    expect(Problem.parse(refused?.json)).toMatchObject({ status, code });
    expect(refused).toMatchObject({ status, headers: { 'content-type': 'application/problem+json; charset=utf-8' } });
  });

  it('is refused to a token whose life is over, and to what its route does not take', async () => {
    const headers = as(now.member, now.fleet.tokenFor(now.member));
    expect((await open(kind, headers, now.fleet, `${PATH[kind]}?token=x`)).refused?.json).toMatchObject({
      code: 'VALIDATION_FAILED',
      errors: [{ pointer: '/query/token' }],
    });
    now.says = { status: 'INVALID' };
    expect((await open(kind, headers)).refused?.json).toMatchObject({ code: 'QUEUE_TOKEN_INVALID' });
  });

  it('ends with its place, and is not to be opened again', async () => {
    const stream = await opens(kind);
    now.says = { status: 'COMPLETED' };
    await eventually(() => expect(stream.isClosed()).toBe(true));
    expect(stream.statuses().at(-1)).toMatchObject({ status: 'COMPLETED' });
    expect(stream.socket?.heard.closed ?? stream.events?.heard.events.at(-1)).toEqual(
      kind === 'sse' ? { event: 'end', data: { reason: 'COMPLETED' } } : { code: 1000, reason: 'COMPLETED' },
    );
  });

  it('ends when its token becomes void', async () => {
    const stream = await opens(kind);
    now.says = { status: 'INVALID' };
    await eventually(() => expect(stream.isClosed()).toBe(true));
    expect(stream.socket?.heard.closed ?? stream.events?.heard.events.at(-1)).toEqual(
      kind === 'sse' ? { event: 'end', data: { reason: 'QUEUE_TOKEN_INVALID' } } : { code: 1008, reason: 'QUEUE_TOKEN_INVALID' },
    );
  });

  it('ends with its access token', async () => {
    const brief = await now.fleet.signIn('member', { lifeSeconds: 5 });
    const stream = await open(kind, as(brief, now.fleet.tokenFor(brief)));
    await eventually(() => expect(stream.isClosed()).toBe(true));
    expect(stream.socket?.heard.closed?.reason ?? stream.events?.heard.events.at(-1)?.data).toEqual(
      kind === 'sse' ? { reason: 'UNAUTHENTICATED' } : 'UNAUTHENTICATED',
    );
  });

  it('ends with its session', async () => {
    const [stream, other] = [await opens(kind), await opens(kind, now.fleet, await now.fleet.signIn())];
    await endedSessions({ redis: now.fleet.redis, namespace: now.fleet.settings.namespace }).end(now.member.sessionId);
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
    const answering = now.fleet.queue.answering();
    const before = now.fleet.logged.lines().length; // the other kind's outage is there too
    now.fleet.queue.answers((_seen, res) => void res.writeHead(500).end());
    await eventually(() =>
      expect(
        now.fleet.logged
          .lines()
          .slice(before)
          .map(({ msg }) => msg),
      ).toContain('the places behind the streams cannot be looked at'),
    );
    now.fleet.queue.answers(answering);
    now.says = { ...now.says, position: 1 };
    await eventually(() => expect(stream.statuses().at(-1)).toMatchObject({ position: 1 }));
    expect(stream.isClosed()).toBe(false);
  });

  it('is cut when its reader does not read, and has cost no more than a message meanwhile', async () => {
    const impatient = await fleetOf({ stallMs: 200 });
    const [deaf, other] = [await impatient.signIn(), await impatient.signIn()];
    // more than the system takes for a reader: with each look another three megabytes
    impatient.queueSays(({ member }) =>
      member === memberHash(deaf.id) ? { status: 'ADMITTED', admittedUntil: `${Math.random()}`.padEnd(3_000_000, 'x') } : now.says,
    );
    const stream = await open(kind, as(deaf, impatient.tokenFor(deaf)), impatient);
    if (stream.events === undefined) stream.socket!.socket.pause();
    else stream.events.stopReading();
    const reading = await open(kind, as(other, impatient.tokenFor(other)), impatient);
    await eventually(async () => expect(await metric(impatient, 'onsale_gateway_streams_ended_total', 'why="stalled"')).toBe(1));
    expect(reading.isClosed()).toBe(false);
  });
});
