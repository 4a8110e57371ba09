import { endedSessions } from '@onsale/shared/auth';
import { eventually, testProxy } from '@onsale/shared/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { as, deadAddress, startFleet, type Fleet } from '../testing/index.ts';

const CONCERTS = '/api/v1/concerts';
const WALLET = '/api/v1/members/me/wallet';
const limits = { windowSeconds: 60, member: 3, address: 4, signIn: 2, deadlineMs: 10_000 };
const from = (address: string) => ({ 'x-forwarded-for': address });

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet({ settings: (settings) => ({ ...settings, limits }) });
});
afterAll(() => fleet.stop());

describe('a rate limit', () => {
  it('counts a member’s requests, says what is left, and when to come back', async () => {
    const headers = as(await fleet.signIn());
    const lefts = [];
    for (let i = 0; i < 3; i++) {
      const answer = await fleet.call('GET', WALLET, { headers });
      expect(answer.headers['ratelimit-policy']).toBe('"member";q=3;w=60');
      lefts.push(/^"member";r=(\d);t=\d+$/.exec(answer.headers['ratelimit'] as string)?.[1]);
    }
    expect(lefts).toEqual(['2', '1', '0']);
    const before = fleet.reached();
    for (let i = 0; i < 3; i++) {
      const refused = await fleet.call('GET', WALLET, { headers });
      expect([refused.status, refused.json?.['code']]).toEqual([429, 'RATE_LIMITED']);
      expect(refused.headers['ratelimit']).toMatch(/^"member";r=0;t=/);
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
    }
    expect(fleet.reached()).toBe(before);
  });

  it('counts members apart, wherever they are', async () => {
    const [one, other] = await Promise.all([fleet.signIn(), fleet.signIn()]);
    for (let i = 0; i < 4; i++) await fleet.call('GET', WALLET, { headers: { ...as(one), ...from(`198.51.100.${i}`) } });
    expect((await fleet.call('GET', WALLET, { headers: { ...as(one), ...from('198.51.100.99') } })).status).toBe(429);
    expect((await fleet.call('GET', WALLET, { headers: as(other) })).status).toBe(200);
  });

  it('counts strangers by address, an IPv6 network as one', async () => {
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await fleet.call('GET', CONCERTS, { headers: from(`2001:db8:1:2::${i}`) })).status);
    expect(statuses).toEqual([200, 200, 200, 200, 429]);
    expect((await fleet.call('GET', CONCERTS, { headers: from('2001:db8:1:3::1') })).status).toBe(200);
  });

  it('counts guesses of access tokens by address', async () => {
    const statuses = [];
    for (let i = 0; i < 5; i++) {
      const headers = { authorization: `Bearer guess${i}`, ...from('192.0.2.5') };
      statuses.push((await fleet.call('GET', WALLET, { headers })).status);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 429]);
  });

  it('is tighter where passwords are tried', async () => {
    const headers = from('192.0.2.6');
    const tries = [];
    for (let i = 0; i < 3; i++)
      tries.push(await fleet.call('POST', i === 0 ? '/api/v1/members' : '/api/v1/sessions', { headers, body: {} }));
    expect(tries.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(Number(tries[2]!.headers['retry-after'])).toBeGreaterThan(0);
    expect(tries[0]!.headers['ratelimit-policy']).toBe('"address";q=4;w=60, "sign-in";q=2;w=60');
    expect((await fleet.call('GET', CONCERTS, { headers })).status).toBe(200);
  });

  it('is as tight where a member shows a password, whoever it is', async () => {
    const statuses = [];
    for (let i = 0; i < 3; i++) {
      const headers = { ...as(await fleet.signIn()), ...from('192.0.2.66') };
      statuses.push((await fleet.call('PUT', '/api/v1/members/me/password', { headers, body: {} })).status);
    }
    expect(statuses).toEqual([200, 200, 429]);
  });

  it('is as tight on the page of the waiting room, for members too', async () => {
    const statuses = [];
    for (let i = 0; i < 3; i++) {
      const { accessToken } = await fleet.signIn();
      const headers = {
        ...from('192.0.2.88'),
        cookie: `__Host-onsale-access=${accessToken}`,
        origin: `https://${new URL(fleet.url).host}`,
        'content-type': 'application/x-www-form-urlencoded',
      };
      statuses.push((await fleet.call('POST', '/waiting-room/main/session', { headers, body: 'email=a&password=b' })).status);
    }
    expect(statuses.map((status) => status === 429)).toEqual([false, false, true]);
  });

  it('believes X-Forwarded-For from proxies that are trusted alone, and only what they added', async () => {
    for (let i = 0; i < 4; i++) await fleet.call('GET', CONCERTS, { headers: from(`10.9.9.${i}, 192.0.2.7`) });
    expect((await fleet.call('GET', CONCERTS, { headers: from('10.9.9.9, 192.0.2.7') })).status).toBe(429);
    const trusting = await startFleet({ settings: (settings) => ({ ...settings, limits, trustedProxies: [] }) });
    try {
      for (let i = 0; i < 4; i++) await trusting.call('GET', CONCERTS, { headers: from(`192.0.2.${i}`) });
      expect((await trusting.call('GET', CONCERTS, { headers: from('192.0.2.99') })).status).toBe(429);
    } finally {
      await trusting.stop();
    }
  });

  it('is one for all replicas', async () => {
    const second = await startFleet({
      settings: ({ principalKey, ...settings }) => ({
        ...settings,
        principalKey,
        limits,
        redisUrl: fleet.settings.redisUrl,
        namespace: fleet.settings.namespace,
      }),
    });
    try {
      for (let i = 0; i < 4; i++) await fleet.call('GET', CONCERTS, { headers: from('192.0.2.8') });
      expect((await second.call('GET', CONCERTS, { headers: from('192.0.2.8') })).status).toBe(429);
    } finally {
      await second.stop();
    }
  });
});

describe('a session that has ended', () => {
  it('is refused from then on, on every route, with the way back', async () => {
    const member = await fleet.signIn();
    expect((await fleet.call('GET', WALLET, { headers: as(member) })).status).toBe(200);
    await endedSessions({ redis: fleet.redis, namespace: fleet.settings.namespace }).end(member.sessionId);
    const answer = await fleet.call('GET', WALLET, { headers: as(member) });
    expect([answer.status, answer.json?.['code'], answer.headers['www-authenticate']]).toEqual([401, 'SESSION_ENDED', 'Bearer']);
  });
});

/** A way to Redis that leads nowhere, or to where nobody answers. */
const ways = {
  'without Redis': async () => ({
    redisUrl: `redis://${deadAddress.host}`,
    disturb: () => {},
    told: 'limits are counted in this process',
    stop: async () => {},
  }),
  'with a Redis that is silent': async () => {
    const proxy = await testProxy(fleet.settings.redisUrl);
    return { redisUrl: proxy.url, disturb: () => proxy.freeze(), told: 'the answer did not come within 100 ms', stop: () => proxy.stop() };
  },
};

describe.each(Object.entries(ways))('%s', (_name, open) => {
  let way: Awaited<ReturnType<typeof open>>;
  let alone: Fleet;
  beforeAll(async () => {
    way = await open();
    const { redisUrl } = way;
    alone = await startFleet({ settings: (settings) => ({ ...settings, limits: { ...limits, deadlineMs: 100 }, redisUrl }) });
    await eventually(() => alone.call('GET', CONCERTS)); // has asked its Redis
    way.disturb();
  });
  afterAll(async () => {
    await alone.stop();
    await way.stop();
  });

  it('members are let through, and counted by this process', async () => {
    const headers = as(await alone.signIn());
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await alone.call('GET', WALLET, { headers })).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    expect(alone.logged.text()).toContain(way.told);
  });

  it('operators’ routes are shut, and still say FORBIDDEN to members', async () => {
    const [operator, member] = await Promise.all([alone.signIn('operator'), alone.signIn()]);
    const ask = (headers: Record<string, string>) => alone.call('POST', '/api/v1/admin/concerts', { headers, body: {} });
    const before = alone.reached();
    const answer = await ask(as(operator));
    expect([answer.status, answer.json?.['code'], answer.headers['retry-after']]).toEqual([503, 'UPSTREAM_UNAVAILABLE', '2']);
    expect((await ask(as(member))).json).toMatchObject({ code: 'FORBIDDEN' });
    expect(alone.reached()).toBe(before);
  });

  it('the breaker spares everybody the wait', async () => {
    const members = await Promise.all(Array.from({ length: 30 }, () => alone.signIn()));
    for (const member of members) await alone.call('GET', WALLET, { headers: as(member) });
    await eventually(() =>
      expect(alone.logged.lines().some(({ msg, breaker }) => msg === 'breaker opened' && breaker === 'limits')).toBe(true),
    );
  });
});
