import { routes, urlOf, type RouteSpec } from '@onsale/contracts';
import { createAccessTokenSigner } from '@onsale/shared/auth';
import { systemClock } from '@onsale/shared/ids';
import { newKey } from '@onsale/shared/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { as, NONE_POPULAR, startFleet, type Fleet, type SignedIn } from '../testing/index.ts';

let fleet: Fleet;
let member: SignedIn;
let operator: SignedIn;
beforeAll(async () => {
  fleet = await startFleet();
  [member, operator] = await Promise.all([fleet.signIn(), fleet.signIn('operator')]);
  fleet.queueSays(() => ({ status: 'ADMITTED', remainingMs: 60_000 }));
});
afterAll(() => fleet.stop());

const SAMPLES: Readonly<Record<string, string>> = { id: '01890a5d-ac96-774b-bcce-b302099a8057', queueId: 'main' };
const pathOf = (spec: RouteSpec): string => urlOf('', spec, { ...SAMPLES });
const publicRoutes = Object.entries(routes).filter(([, spec]) => spec.auth !== 'gateway');
const bodyOf = (spec: RouteSpec): { body?: object } => (spec.body === undefined ? {} : { body: {} });

describe('every public route', () => {
  // streams have specs of their own (push)
  it.each(publicRoutes.filter(([, spec]) => spec.stream === undefined))(
    '%s is answered by its owner, or by the gateway itself',
    async (name, spec) => {
      const caller = spec.auth === 'operator' ? operator : member;
      const before = fleet.reached();
      const answer = await fleet.call(spec.method, pathOf(spec), {
        headers: { ...as(caller, fleet.tokenFor(caller)), 'idempotency-key': 'k' },
        ...bodyOf(spec),
      });
      expect(answer.status).toBe(200);
      if (name === 'tokenStatus') expect(answer.json).toMatchObject({ queueId: 'main', status: 'ADMITTED' });
      else if (name === 'listPopularProducts') expect(answer.json).toEqual(NONE_POPULAR);
      else if (spec.owner === 'gateway') expect(answer.json).toHaveProperty('keys');
      else {
        expect(answer.json).toEqual({ by: spec.owner });
        expect(fleet.standIns[spec.owner].seen.at(-1)).toMatchObject({ method: spec.method, url: pathOf(spec) });
        expect(fleet.reached()).toBe(before + 1);
      }
    },
  );

  it.each(publicRoutes.filter(([, spec]) => spec.auth !== 'none'))('%s is not for strangers', async (_name, spec) => {
    const answer = await fleet.call(spec.method, pathOf(spec), bodyOf(spec));
    expect([answer.status, answer.json?.['code'], answer.headers['www-authenticate']]).toEqual([401, 'UNAUTHENTICATED', 'Bearer']);
  });

  it.each(publicRoutes.filter(([, spec]) => spec.auth === 'operator'))('%s is not for members', async (_name, spec) => {
    const answer = await fleet.call(spec.method, pathOf(spec), { headers: as(member), ...bodyOf(spec) });
    expect([answer.status, answer.json?.['code']]).toEqual([403, 'FORBIDDEN']);
  });
});

describe('the principal', () => {
  it('names the member, the role and the session, and the place in the line where the route has a gate', async () => {
    await fleet.call('GET', '/api/v1/members/me/wallet', { headers: as(member) });
    const expected = { id: member.id, role: 'member', sessionId: member.sessionId };
    expect(await fleet.principalOf(fleet.payment.seen.at(-1)!)).toEqual({ kind: 'member', member: expected });
    await fleet.call('GET', pathOf(routes['readSeats']!), { headers: as(member, fleet.tokenFor(member, 'other')) });
    const admission = { queueId: 'other', number: expect.any(Number), lane: 'standard', status: 'ADMITTED' };
    expect(await fleet.principalOf(fleet.reservation.seen.at(-1)!)).toEqual({ kind: 'member', member: expected, admission });
  });

  it('is anonymous on routes for anybody, whatever is sent', async () => {
    await fleet.call('GET', '/api/v1/concerts', { headers: { authorization: 'Bearer nonsense' } });
    expect(await fleet.principalOf(fleet.reservation.seen.at(-1)!)).toEqual({ kind: 'anonymous' });
  });

  it('is signed once for many requests of one member', async () => {
    const headers = as(await fleet.signIn());
    await Promise.all(Array.from({ length: 10 }, () => fleet.call('GET', '/api/v1/members/me/wallet', { headers })));
    expect(new Set(fleet.payment.seen.slice(-10).map((seen) => seen.headers['x-onsale-principal'])).size).toBe(1);
  });

  it.each([
    ['plainly', { 'x-onsale-principal': 'forged' }],
    ['in odd spelling', { 'X-OnSale-PRINCIPAL': 'forged', 'x-ONSALE-role': 'operator' }],
    ['twice', { 'x-onsale-principal': ['forged', 'again'] }],
    ['with Expect', { 'x-onsale-principal': 'forged', Expect: '100-continue' }],
    ['named by Connection', { 'x-onsale-principal': 'forged', Connection: 'keep-alive, x-onsale-principal' }],
  ])('cannot be forged %s', async (_how, headers) => {
    const answer = await fleet.call('POST', '/api/v1/members', { headers, body: { name: 'x' } });
    expect(answer.status).toBe(200);
    const seen = fleet.commerce.seen.at(-1)!;
    expect(seen.body).toBe('{"name":"x"}');
    expect(await fleet.principalOf(seen)).toEqual({ kind: 'anonymous' });
    expect(Object.keys(seen.headers).filter((name) => name.startsWith('x-onsale-'))).toEqual(['x-onsale-principal']);
    expect(seen.headers).not.toHaveProperty('expect');
  });

  it('comes with a request id and a trace of our own, and without the client’s credentials', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const answer = await fleet.call('GET', '/api/v1/members/me/wallet', {
      headers: { ...as(member), 'x-request-id': '01890a5d-ac96-774b-bcce-b302099a8057', traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
    });
    const { headers } = fleet.payment.seen.at(-1)!;
    expect(headers['x-request-id']).toBe(answer.headers['x-request-id']);
    expect(headers['x-request-id']).not.toBe('01890a5d-ac96-774b-bcce-b302099a8057');
    expect(headers.traceparent).toMatch(new RegExp(`^00-${traceId}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`));
    expect(headers).not.toHaveProperty('authorization');
  });
});

describe('an access token', () => {
  const ask = (authorization: string) => fleet.call('GET', '/api/v1/members/me', { headers: { authorization } });

  it.each(['', 'Basic x', 'Bearer', 'Bearer x', 'Bearer a.b.c', `Bearer ${'x'.repeat(5000)}`])('is not %j', async (authorization) => {
    expect((await ask(authorization)).json).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
  });

  it('is refused when it has expired, even if it was known', async () => {
    const now = Date.now();
    const clock = { now: () => new Date(clock.ms), ms: now };
    const other = await startFleet({ overrides: { clock } });
    try {
      const headers = as(await other.signIn());
      expect((await other.call('GET', '/api/v1/members/me', { headers })).status).toBe(200);
      clock.ms = now + 601_000;
      expect((await other.call('GET', '/api/v1/members/me', { headers })).json).toMatchObject({ code: 'UNAUTHENTICATED' });
    } finally {
      await other.stop();
    }
  });

  it('is refused when a key that we do not know has signed it, at the price of few questions to commerce', async () => {
    const stranger = createAccessTokenSigner({ keys: { keys: [newKey('stranger')] }, clock: systemClock, lifeSeconds: 600 });
    const token = await stranger.sign({ memberId: operator.id, role: 'operator', sessionId: operator.sessionId });
    const fetches = () => fleet.commerce.seen.filter(({ url }) => url === '/internal/jwks').length;
    const before = fetches();
    for (let i = 0; i < 10; i++) expect((await ask(`Bearer ${token}`)).json).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(fetches() - before).toBeLessThanOrEqual(1);
  });

  it('cannot be told while commerce has never been there', async () => {
    const other = await startFleet();
    other.commerce.answers((_seen, res) => res.writeHead(500).end());
    const again = await startFleet({
      settings: (settings) => ({ ...settings, replicas: { ...settings.replicas, commerce: [other.commerce.url] } }),
    });
    try {
      const answer = await again.call('GET', '/api/v1/members/me/wallet', { headers: as(member) });
      expect([answer.json?.['code'], answer.headers['retry-after']]).toEqual(['UPSTREAM_UNAVAILABLE', '2']);
      expect((await fetch(`${again.opsUrl}/readyz`)).status).toBe(503);
      expect((await again.call('GET', '/.well-known/jwks.json')).json).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    } finally {
      await Promise.all([again.stop(), other.stop()]);
    }
  });

  it('is good while commerce is away, once its keys are known', async () => {
    const other = await startFleet();
    try {
      await other.call('GET', '/api/v1/members/me', { headers: as(await other.signIn()) });
      await other.commerce.stop();
      expect((await other.call('GET', '/api/v1/members/me/wallet', { headers: as(await other.signIn()) })).status).toBe(200);
      const keys = await other.call('GET', '/.well-known/jwks.json');
      expect([keys.status, keys.headers['cache-control']]).toEqual([200, 'public, max-age=60']);
      expect(keys.text).not.toContain('"d"');
    } finally {
      await other.stop();
    }
  });
});
