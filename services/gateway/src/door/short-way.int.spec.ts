import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { endedSessions } from '@onsale/shared/auth';
import type { Answered } from '../testing/caller.ts';
import { json } from '../testing/stand-in.ts';
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

const bothWays = async (headers: Headers, { method = 'GET', short = STATUS, ordinary = SPELT_OTHERWISE } = {}) => {
  const answer = seen(await fleet.call(method, short, { headers }));
  expect(answer).toEqual(seen(await fleet.call(method, ordinary, { headers })));
  return answer;
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

const TIME = '2039-01-01T00:00:00.000Z';
const COUPON = { id: '01890a5d-ac96-774b-bcce-b302099a8057', name: 'A tenth off' };
const FIRST = { couponId: COUPON.id, discount: { type: 'AMOUNT', value: 5 }, status: 'ISSUED', validUntil: TIME, issuedAt: TIME };

describe.each([
  {
    what: 'a number',
    short: '/api/v1/queues/main/tokens',
    ordinary: '/api/v1/queues/m%61in/tokens',
    internal: '/internal/tokens',
    owner: 'queue' as const,
    given: { created: true, token: { token: 'v1.k.t', queueId: 'main', number: 7, lane: 'standard', status: 'WAITING' } },
    refused: { code: 'QUEUE_FULL', detail: 'Full.', retryAfterSeconds: 30 },
  },
  {
    what: 'a coupon',
    short: `/api/v1/coupons/${COUPON.id}/issues`,
    ordinary: `/api/v1/coupons/${COUPON.id.toUpperCase()}/issues`,
    internal: '/internal/coupons/issues',
    owner: 'commerce' as const,
    given: { coupon: { ...COUPON, ...FIRST } },
    refused: { code: 'COUPON_ALREADY_ISSUED', detail: 'You have it.', extra: { memberCouponId: 'x' } },
  },
])('a member whom the gateway knows, asking for $what', ({ short, ordinary, internal, owner, given, refused }) => {
  let told: object = given;
  const way = { method: 'POST', short, ordinary };
  beforeAll(() => {
    const before = fleet.standIns[owner].answering();
    fleet.standIns[owner].answers((call, res, req) => {
      if (call.url !== internal) return before(call, res, req);
      json(res, 200, { given: (JSON.parse(call.body) as { asked: [] }).asked.map(() => told) });
    });
  });
  beforeEach(() => {
    told = given;
  });

  it('is answered, and refused, alike by both ways', async () => {
    const headers = as(await known());
    expect((await bothWays(headers, way)).status).toBe(201);
    expect((await bothWays({ ...headers, origin: ORIGIN }, way)).headers['access-control-allow-origin']).toBe(ORIGIN);
    told = refused;
    expect((await bothWays(headers, way)).json).toMatchObject({ code: refused.code, instance: true });
  });

  it('is refused alike once its session has ended', async () => {
    const member = await known();
    const { redis, settings } = fleet;
    await redis.set(endedSessions({ redis, namespace: settings.namespace }).key(member.sessionId), '1', 'EX', 600);
    expect((await bothWays(as(member), way)).json).toMatchObject({ code: 'SESSION_ENDED' });
  });

  it('is passed on to its owner with a body, as by the ordinary way', async () => {
    const member = await known();
    const call = (path: string) => fleet.call('POST', path, { headers: as(member), body: {} });
    for (const path of [short, ordinary]) expect((await call(path)).json).toMatchObject({ by: owner });
  });
});
