import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EDGE_TAG } from '@onsale/shared/auth';
import { eventually } from '@onsale/shared/testing';
import { describe, expect, it } from '@jest/globals';
import { as, deadAddress, json, startFleet, startStandIn, type Fleet } from '../testing/index.ts';
import { ClientGone, createExchange } from './exchange.ts';

const CONCERTS = '/api/v1/concerts';
const SEATS = '/api/v1/schedules/01890a5d-ac96-774b-bcce-b302099a8057/seats';

type Upstream = Fleet['settings']['upstream'];

/** A fleet for one test, with what it needs set short. */
const within = async (short: Partial<Upstream> & { breakerResetMs?: number }, fn: (fleet: Fleet) => Promise<void>): Promise<void> => {
  const { breakerResetMs = 100, ...upstream } = short;
  const fleet = await startFleet({
    settings: (settings) => ({ ...settings, breakerResetMs, upstream: { ...settings.upstream, ...upstream } }),
  });
  try {
    await fn(fleet);
  } finally {
    await fleet.stop();
  }
};

/** A client of that many requests, who goes when `arrived` no longer throws. */
const leave = async (
  fleet: Fleet,
  path: string,
  count: number,
  headers: Record<string, string>[],
  arrived: () => void | Promise<void>,
): Promise<void> => {
  const before = left(fleet);
  const client = new AbortController();
  const gone = Array.from({ length: count }, (_, i) =>
    fleet.call('GET', path, { signal: client.signal, ...(headers[i] && { headers: headers[i] }) }).catch((error: Error) => error.name),
  );
  await eventually(arrived);
  client.abort();
  expect(new Set(await Promise.all(gone))).toEqual(new Set(['AbortError']));
  await eventually(() => expect(left(fleet)).toBe(before + count));
};

/** Requests that ended, as the gateway saw it, with their client's going. */
const left = ({ logged }: Fleet): number => logged.lines().filter(({ msg, status }) => msg === 'request' && status === 499).length;
const said = ({ logged }: Fleet, what: string): number =>
  logged.lines().filter(({ msg, breaker }) => msg === what && breaker === 'reservation').length;
/** Attempts that the gateway counts as failed by the service. */
const unanswered = ({ logged }: Fleet): unknown[] =>
  logged.lines().filter(({ msg, upstream }) => msg === 'no answer' && upstream === 'reservation');
const opened = (fleet: Fleet): number => said(fleet, 'breaker opened');
const closed = (fleet: Fleet): number => said(fleet, 'breaker closed');

/** The reservation service takes requests and does not answer. */
const hang = (fleet: Fleet): ServerResponse[] => {
  const waiting: ServerResponse[] = [];
  fleet.reservation.answers((_seen, res) => waiting.push(res));
  return waiting;
};

const hurried = { prefer: 'wait=0' };
/** One that waits for a service that hangs, until the gateway gives up; or until its breaker does. */
const outwait = async (fleet: Fleet): Promise<unknown> => (await fleet.call('GET', CONCERTS, { headers: hurried })).json?.['code'];

describe('a client that goes before its request is forwarded', () => {
  it('takes no place, and the service hears nothing of it', async () => {
    await within({ concurrency: 2 }, async (fleet) => {
      const members = await Promise.all(Array.from({ length: 10 }, () => fleet.signIn()));
      const checks: (() => void)[] = [];
      const answering = fleet.queue.answering();
      fleet.queueSays(() => ({ status: 'ADMITTED', remainingMs: 60_000 }));
      fleet.queue.answers((...asked) => checks.push(() => answering(...asked)));
      const headers = members.map((one) => as(one, fleet.tokenFor(one)));
      const counted = () => fleet.redis.exists(...members.map(({ id }) => `${fleet.settings.namespace}:${EDGE_TAG}:limit:member:${id}`));
      await leave(fleet, SEATS, members.length, headers, async () => {
        expect([await counted(), checks.length]).toEqual([members.length, 2]);
      });
      fleet.queue.answers(answering);
      for (const answer of checks) answer();
      await eventually(() => expect(fleet.checks().flatMap(({ body }) => tokensIn(body))).toHaveLength(members.length));
      const last = await fleet.signIn();
      expect((await fleet.call('GET', SEATS, { headers: as(last, fleet.tokenFor(last)) })).status).toBe(200);
      expect(fleet.reservation.seen).toHaveLength(1);
      expect(unanswered(fleet)).toEqual([]);
    });
  });

  it('is not tried at a replica', async () => {
    const replica = await startStandIn();
    const agent = new Agent();
    const exchange = createExchange({ agents: { 'http:': agent }, connectMs: 1000, idleMs: 1000 });
    const tried = Promise.withResolvers<unknown>();
    const server = createServer((req: IncomingMessage, res: ServerResponse) => {
      res.once('close', () => {
        exchange({ req, res, replica: replica.url, headersMs: 1000, answered: () => 'answer' }).then(tried.resolve, tried.resolve);
      });
      res.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await expect(fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).rejects.toThrow();
    expect(await tried.promise).toBeInstanceOf(ClientGone);
    expect(await replica.connections()).toBe(0);
    agent.destroy();
    server.close();
    await replica.stop();
  });
});

describe('a client that goes while the service is at it', () => {
  it('has its request ended there, and gives its place back', async () => {
    await within({ concurrency: 2 }, async (fleet) => {
      const waiting = hang(fleet);
      for (let i = 1; i <= 5; i++) await leave(fleet, CONCERTS, 2, [], () => expect(waiting.length).toBe(2 * i));
      await eventually(() => expect(waiting.every((res) => res.destroyed)).toBe(true));
      fleet.reservation.answers((_seen, res) => json(res, 200, {}));
      expect((await fleet.call('GET', CONCERTS)).status).toBe(200);
      expect(unanswered(fleet)).toEqual([]);
    });
  });

  it('is no failure of the service: its breaker stays closed', async () => {
    await within({}, async (fleet) => {
      const waiting = hang(fleet);
      await leave(fleet, CONCERTS, 60, [], () => expect(waiting.length).toBe(60));
      fleet.reservation.answers((_seen, res) => json(res, 200, {}));
      expect((await fleet.call('GET', CONCERTS)).status).toBe(200);
      expect(opened(fleet)).toBe(0);
    });
  });

  it('is no success of the service: its breaker opens as if nobody had gone', async () => {
    // in so long all thirty hang, and none is there to meet a breaker that the first have opened
    await within({ headersMs: 3_000, breakerResetMs: 60_000 }, async (fleet) => {
      const waiting = hang(fleet);
      await leave(fleet, CONCERTS, 60, [], () => expect(waiting.length).toBe(60));
      const outwaited = Array.from({ length: 30 }, () => outwait(fleet));
      await eventually(() => expect(waiting.length).toBe(90));
      expect(new Set(await Promise.all(outwaited))).toEqual(new Set(['TIMEOUT']));
      await eventually(() => expect(opened(fleet)).toBeGreaterThan(0));
      expect(await outwait(fleet)).toBe('UPSTREAM_UNAVAILABLE');
    });
  });

  it('proves nothing when it was the one to try whether the service is back: the next one tries', async () => {
    await within({ headersMs: 2_000 }, async (fleet) => {
      const waiting = hang(fleet);
      await Promise.all(Array.from({ length: 30 }, () => outwait(fleet)));
      await eventually(() => expect(opened(fleet)).toBeGreaterThan(0));
      await eventually(() => expect(said(fleet, 'breaker lets one try')).toBeGreaterThan(0));
      const before = waiting.length;
      await leave(fleet, CONCERTS, 1, [], () => expect(waiting.length).toBe(before + 1));
      expect(closed(fleet)).toBe(0);
      fleet.reservation.answers((_seen, res) => json(res, 200, {}));
      await eventually(async () => expect((await fleet.call('GET', CONCERTS)).status).toBe(200));
      expect(closed(fleet)).toBe(1);
    });
  });
});

describe('the response to a client', () => {
  it('is listened to by few, a second attempt included', async () => {
    const fleet = await startFleet({
      settings: (settings) => ({
        ...settings,
        replicas: { ...settings.replicas, reservation: [...settings.replicas.reservation!, deadAddress] },
      }),
    });
    const responses: ServerResponse[] = [];
    const keep = (message: unknown): void => {
      const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
      if (request.headers.host === new URL(fleet.url).host) responses.push(response);
    };
    subscribe('http.server.request.start', keep);
    const waiting: ServerResponse[] = [];
    fleet.reservation.answers((_seen, res) => waiting.push(res.writeHead(200)) && res.write('begun'));
    const answers = [fleet.call('GET', CONCERTS), fleet.call('GET', CONCERTS)];
    await eventually(() => expect(responses.filter(({ headersSent }) => headersSent)).toHaveLength(2));
    for (const response of responses) expect(response.listenerCount('close')).toBeLessThanOrEqual(response.getMaxListeners());
    for (const res of waiting) res.end();
    await Promise.all(answers);
    unsubscribe('http.server.request.start', keep);
    await fleet.stop();
  });
});

const tokensIn = (body: string): unknown[] => (JSON.parse(body) as { tokens: unknown[] }).tokens;
