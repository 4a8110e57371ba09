import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { endedSessions } from '@onsale/shared/auth';
import type { Answered } from '../testing/caller.ts';
import { as, startFleet, type Fleet, type SignedIn } from '../testing/index.ts';

const ORIGIN = 'https://shop.example';
const STATUS = '/api/v1/queues/main/tokens/current';
/** The same path to the route table, and none that the short way knows. */
const SPELT_OTHERWISE = '/api/v1/queues/m%61in/tokens/current';
const PER_WINDOW = 40;

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet({
    settings: (as) => ({ ...as, corsOrigins: [ORIGIN], limits: { ...as.limits, member: PER_WINDOW, windowSeconds: 600 } }),
  });
});
afterAll(() => fleet.stop());
beforeEach(() => fleet.queueSays(() => ({ status: 'WAITING', position: 3, etaSeconds: 12, pollAfterMs: 1500 })));

type Headers = Record<string, string>;

/** Known to the gateway from now on. */
const known = async (): Promise<SignedIn> => {
  const member = await fleet.signIn();
  await fleet.call('GET', '/api/v1/members/me', { headers: as(member) });
  return member;
};

const VARIES = new Set(['date', 'x-request-id']);

/** All that a client can see, but for what is of one request alone: its id, its time, and what is left of the limit. */
const seen = ({ status, headers, json }: Answered) => ({
  status,
  headers: Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !VARIES.has(name))
      .map(([name, value]) => [name, name === 'ratelimit' ? String(value).replace(/r=\d+;t=\d+/, 'r;t') : value]),
  ),
  json: json && { ...json, ...('instance' in json && { instance: json['instance'] === `urn:uuid:${headers['x-request-id'] as string}` }) },
});

const bothWays = async (headers: Headers) => {
  const short = seen(await fleet.call('GET', STATUS, { headers }));
  expect(short).toEqual(seen(await fleet.call('GET', SPELT_OTHERWISE, { headers })));
  return short;
};

describe('a member whom the gateway knows, asking where it stands', () => {
  it('is answered alike by the short way and the ordinary one', async () => {
    const member = await known();
    const answer = await bothWays(as(member, fleet.tokenFor(member)));
    expect(answer).toMatchObject({ status: 200, json: { queueId: 'main', status: 'WAITING', position: 3 } });
  });

  it('is told alike whether the page that asks may read the answer', async () => {
    const member = await known();
    const headers = as(member, fleet.tokenFor(member));
    expect((await bothWays({ ...headers, origin: ORIGIN })).headers).toMatchObject({
      vary: 'origin',
      'access-control-allow-origin': ORIGIN,
    });
    expect((await bothWays({ ...headers, origin: 'https://elsewhere.example' })).headers).not.toHaveProperty('access-control-allow-origin');
  });

  it.each<[string, string, (member: SignedIn) => Headers | Promise<Headers>]>([
    ['no queue token', 'QUEUE_TOKEN_REQUIRED', (member) => as(member)],
    ['an empty one', 'QUEUE_TOKEN_REQUIRED', (member) => as(member, '')],
    ['a forged one', 'QUEUE_TOKEN_INVALID', (member) => as(member, 'v1.k.forged')],
    ['that of somebody else', 'QUEUE_TOKEN_FOREIGN', async (member) => as(member, fleet.tokenFor(await fleet.signIn()))],
    ['that of another queue', 'QUEUE_WRONG', (member) => as(member, fleet.tokenFor(member, 'other'))],
    ['a body', 'VALIDATION_FAILED', (member) => ({ ...as(member, fleet.tokenFor(member)), 'transfer-encoding': 'gzip, chunked' })],
  ])('with %s is refused alike: %s', async (_what, code, headersOf) => {
    const member = await known();
    expect((await bothWays(await headersOf(member))).json).toMatchObject({ code, instance: true });
  });

  it('is refused alike when its token is void', async () => {
    const member = await known();
    fleet.queueSays(() => ({ status: 'INVALID' }));
    expect((await bothWays(as(member, fleet.tokenFor(member)))).json).toMatchObject({ code: 'QUEUE_TOKEN_INVALID' });
  });

  it('is refused alike once its session has ended', async () => {
    const member = await known();
    const { redis, settings } = fleet;
    await redis.set(endedSessions({ redis, namespace: settings.namespace }).key(member.sessionId), '1', 'EX', 600);
    expect((await bothWays(as(member, fleet.tokenFor(member)))).json).toMatchObject({ code: 'SESSION_ENDED' });
  });

  it('counts for one limit by either way, and is refused alike beyond it', async () => {
    const member = await known(); // the first
    const headers = as(member, fleet.tokenFor(member));
    for (let n = 1; n < PER_WINDOW; n += 1)
      expect((await fleet.call('GET', n % 2 === 0 ? STATUS : SPELT_OTHERWISE, { headers })).headers['ratelimit']).toMatch(
        `"member";r=${PER_WINDOW - 1 - n};`,
      );
    const [short, ordinary] = [await fleet.call('GET', STATUS, { headers }), await fleet.call('GET', SPELT_OTHERWISE, { headers })];
    for (const answer of [short, ordinary]) {
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      delete answer.headers['retry-after'];
    }
    expect(seen(short)).toEqual(seen(ordinary));
    expect(short).toMatchObject({ status: 429, json: { code: 'RATE_LIMITED' } });
  });

  it('has a request id of the gateway, whatever id it sends', async () => {
    const member = await known();
    const sent = '01890a5d-ac96-774b-bcce-b302099a8057';
    const { status, headers } = await fleet.call('GET', STATUS, {
      headers: { ...as(member, fleet.tokenFor(member)), 'x-request-id': sent },
    });
    expect(status).toBe(200);
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers['x-request-id']).not.toBe(sent);
  });
});
