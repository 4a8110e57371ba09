import type { ServerResponse } from 'node:http';
import { eventually } from '@onsale/shared/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { as, deadAddress, json, startFleet, startStandIn, type Fleet, type SignedIn } from '../testing/index.ts';

const CONCERTS = '/api/v1/concerts';
const WALLET = '/api/v1/members/me/wallet';
const problem = (code: string, status: number) => ({ type: `/docs/errors#${code}`, title: code, status, code, instance: 'urn:uuid:x' });

/** A fleet for one test, with what it needs set short. */
const within = async (settings: Parameters<typeof startFleet>[0], fn: (fleet: Fleet) => Promise<void>): Promise<void> => {
  const fleet = await startFleet(settings);
  try {
    await fn(fleet);
  } finally {
    await fleet.stop();
  }
};

let fleet: Fleet;
let member: SignedIn;
beforeAll(async () => {
  fleet = await startFleet();
  member = await fleet.signIn();
});
afterAll(() => fleet.stop());

describe('an answer', () => {
  it('comes through with its status, body and headers, but for those of the hop and of the house', async () => {
    fleet.reservation.answers((_seen, res) =>
      json(
        res,
        200,
        { a: 1 },
        {
          etag: '"1"',
          location: '/api/v1/x',
          'idempotency-replayed': 'true',
          'retry-after': '7',
          'x-onsale-secret': 'inside',
          'x-powered-by': 'inside',
          server: 'inside',
          'x-request-id': 'inside',
          'access-control-allow-origin': '*',
          'cache-control': 'public, max-age=9999',
          connection: 'close, x-hop',
          'x-hop': 'inside',
        },
      ),
    );
    const { status, headers, json: body } = await fleet.call('GET', CONCERTS);
    expect([status, body]).toEqual([200, { a: 1 }]);
    expect(headers).toMatchObject({ etag: '"1"', location: '/api/v1/x', 'idempotency-replayed': 'true', 'retry-after': '7' });
    expect(headers).toMatchObject({ 'cache-control': 'no-store', connection: 'keep-alive' });
    expect(JSON.stringify(headers)).not.toMatch(/inside|max-age|allow-origin/);
  });

  it.each([
    ['/api/v1/queues', 'queue', 200, 'public, max-age=1'],
    ['/api/v1/queues', 'queue', 304, 'public, max-age=1'],
    ['/api/v1/queues', 'queue', 500, 'no-store'],
    [CONCERTS, 'reservation', 200, 'no-store'],
  ] as const)('may be kept as the contract says: %s of %s with %d', async (path, owner, status, expected) => {
    await within({}, async (other) => {
      other.standIns[owner].answers((_seen, res) => (status === 304 ? res.writeHead(304).end() : json(res, status, {})));
      const answer = await other.call('GET', path);
      expect([answer.status, answer.headers['cache-control']]).toEqual([status, expected]);
    });
  });

  it('is passed on unchanged when it is a problem', async () => {
    const sent = problem('SEAT_TAKEN', 409);
    fleet.reservation.answers((_seen, res) => json(res, 409, { ...sent, seats: ['1'] }));
    expect(await fleet.call('GET', CONCERTS)).toMatchObject({ status: 409, json: { ...sent, seats: ['1'] } });
  });

  it.each([
    ['a page of something in between', 502, 'text/html', 503, 'UPSTREAM_UNAVAILABLE'],
    ['a stranger’s 404', 404, 'text/html', 503, 'UPSTREAM_UNAVAILABLE'],
    ['a redirect', 302, 'text/html', 503, 'UPSTREAM_UNAVAILABLE'],
    ['a parser’s 431', 431, 'text/plain', 413, 'PAYLOAD_TOO_LARGE'],
  ])('is a problem of our own when it is %s', async (_what, status, type, shown, code) => {
    fleet.reservation.answers((_seen, res) =>
      res.writeHead(status, { 'content-type': type, location: 'http://10.0.0.1/' }).end('<h1>10.0.0.1</h1>'),
    );
    const answer = await fleet.call('GET', CONCERTS);
    expect([answer.status, answer.json?.['code'], answer.headers.location]).toEqual([shown, code, undefined]);
    expect(answer.text).not.toContain('10.0.0.1');
  });

  it('ends for the client where it ended for us', async () => {
    fleet.reservation.answers((_seen, res) => {
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      res.write('{"half":');
      setImmediate(() => res.destroy());
    });
    await expect(fleet.call('GET', CONCERTS)).rejects.toThrow();
  });

  it('that comes before the whole request leaves both connections in order', async () => {
    fleet.payment.answers((_seen, res) => json(res, 409, problem('ALREADY_PAID', 409)));
    for (let i = 0; i < 3; i++) {
      const answer = await fleet.call('POST', '/api/v1/members/me/wallet/charges', {
        headers: { ...as(member), 'idempotency-key': `k${i}`, 'transfer-encoding': 'chunked', 'content-type': 'application/json' },
        body: JSON.stringify({ amount: 'x'.repeat(200_000) }),
      });
      expect(answer.status).toBe(409);
    }
  });
});

describe('a service that does not answer', () => {
  const short = (headersMs: number) => ({ settings: (as: Fleet['settings']) => ({ ...as, upstream: { ...as.upstream, headersMs } }) });

  it('is given up at the deadline, which a wait that the client prefers moves', async () => {
    await within(short(50), async (slow) => {
      const headers = as(await slow.signIn());
      slow.payment.answers(() => undefined);
      const answer = await slow.call('GET', WALLET, { headers: { ...headers, prefer: 'wait=0' } });
      expect([answer.status, answer.json?.['code'], answer.headers['retry-after']]).toEqual([504, 'TIMEOUT', '1']);
      slow.payment.answers((_seen, res) => setTimeout(() => json(res, 200, { late: true }), 150));
      expect((await slow.call('GET', WALLET, { headers: { ...headers, prefer: 'wait=9' } })).json).toEqual({ late: true });
    });
  });

  it('is asked again by nobody: the request may have taken effect', async () => {
    const second = await startStandIn();
    const twoPayments = (settings: Fleet['settings']) => ({
      ...short(50).settings(settings),
      replicas: { ...settings.replicas, payment: [...settings.replicas.payment!, second.url] },
    });
    await within({ settings: twoPayments }, async (slow) => {
      for (const replica of [slow.payment, second]) replica.answers((_seen, res) => res.destroy());
      const answer = await slow.call('GET', WALLET, { headers: as(await slow.signIn()) });
      expect([answer.status, answer.json?.['code']]).toEqual([503, 'UPSTREAM_UNAVAILABLE']);
      expect(slow.payment.seen.length + second.seen.length).toBe(1);
    });
    await second.stop();
  });

  it('says so without a word of where it is', async () => {
    await within({}, async (broken) => {
      await broken.payment.stop();
      const answer = await broken.call('GET', `${WALLET}?secret=1`, { headers: as(await broken.signIn()) });
      expect([answer.status, answer.json?.['code'], answer.headers['retry-after']]).toEqual([503, 'UPSTREAM_UNAVAILABLE', '2']);
      expect(answer.text).not.toMatch(/127\.0\.0\.1|ECONN|secret|wallet/);
      expect(broken.logged.text()).not.toContain('secret');
      expect(broken.logged.lines().filter(({ level }) => level !== 'debug' && level !== 'info')).toEqual([]); // its breaker tells it
    });
  });
});

describe('replicas', () => {
  it('are asked in turn', async () => {
    const second = await startStandIn();
    const both = (settings: Fleet['settings']) => ({
      ...settings,
      replicas: { ...settings.replicas, reservation: [...settings.replicas.reservation!, second.url] },
    });
    await within({ settings: both }, async (two) => {
      for (let i = 0; i < 10; i++) await two.call('GET', CONCERTS);
      expect([two.reservation.seen.length, second.seen.length]).toEqual([5, 5]);
    });
    await second.stop();
  });

  it('stand in for one that is leaving, and closes its connections', async () => {
    const second = await startStandIn();
    second.answers((_seen, res) => {
      res.setHeader('connection', 'close');
      json(res, 200, {});
    });
    const both = (settings: Fleet['settings']) => ({
      ...settings,
      replicas: { ...settings.replicas, reservation: [...settings.replicas.reservation!, second.url] },
    });
    await within({ settings: both, overrides: { monotonic: () => 1 } }, async (two) => {
      // the two seconds do not go by
      for (let asked = 0; second.seen.length === 0 && asked < 10; asked += 1) await two.call('GET', CONCERTS);
      const before = two.reservation.seen.length;
      for (let asked = 0; asked < 3; asked += 1) await two.call('GET', CONCERTS);
      expect([two.reservation.seen.length - before, second.seen.length]).toEqual([3, 1]);
    });
    await second.stop();
  });

  it('stand in for one that cannot be reached, with the whole body', async () => {
    const oneDead = (settings: Fleet['settings']) => ({
      ...settings,
      replicas: { ...settings.replicas, payment: [deadAddress, ...settings.replicas.payment!, deadAddress] },
    });
    await within({ settings: oneDead }, async (half) => {
      const headers = as(await half.signIn());
      const body = { amount: 1, padding: 'x'.repeat(50_000) };
      for (let i = 0; i < 10; i++) {
        const answer = await half.call('POST', '/api/v1/members/me/wallet/charges', {
          headers: { ...headers, 'idempotency-key': `k${i}` },
          body,
        });
        expect(answer.status).toBe(200);
      }
      expect(half.payment.seen.map((seen) => seen.body)).toEqual(Array.from({ length: 10 }, () => JSON.stringify(body)));
    });
  });
});

describe('the breaker of a service', () => {
  it('opens when nothing answers, spares the others, and closes when it is back', async () => {
    await within({}, async (fragile) => {
      const headers = as(await fragile.signIn());
      const { port } = fragile.payment.url;
      await fragile.payment.stop();
      const ask = () => fragile.call('GET', WALLET, { headers });
      const opened = () => fragile.logged.lines().filter(({ msg, breaker }) => msg === 'breaker opened' && breaker === 'payment');
      for (let i = 0; i < 25; i++) expect((await ask()).json).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
      expect(opened().length).toBeGreaterThan(0);
      expect((await fragile.call('GET', CONCERTS)).status).toBe(200);
      const back = await startStandIn({ port: Number(port) });
      await eventually(async () => expect((await ask()).status).toBe(200));
      expect(fragile.logged.lines().some(({ msg, breaker }) => msg === 'breaker closed' && breaker === 'payment')).toBe(true);
      await back.stop();
    });
  });

  it.each([500, 503, 504])('does not count %d, which is an answer', async (status) => {
    await within({}, async (poor) => {
      poor.reservation.answers((_seen, res) => json(res, status, problem('OVERLOADED', status)));
      for (let i = 0; i < 30; i++) expect((await poor.call('GET', CONCERTS)).status).toBe(status);
      expect(poor.reservation.seen).toHaveLength(30);
    });
  });

  it('does not count clients that are slow with their body', async () => {
    const impatient = (settings: Fleet['settings']) => ({ ...settings, upstream: { ...settings.upstream, headersMs: 10 } });
    await within({ settings: impatient }, async (patient) => {
      const client = new AbortController();
      const gone = patient
        .call('POST', '/api/v1/sessions', {
          headers: { 'content-type': 'application/json', 'content-length': '10', expect: 'x', prefer: 'wait=0' },
          body: 'never sent: there is no 100-continue for this expectation',
          signal: client.signal,
        })
        .catch((error: Error) => error.name);
      const requests = () => patient.commerce.connections();
      await eventually(async () => expect(await requests()).toBeGreaterThan(1));
      expect((await patient.call('GET', '/.well-known/jwks.json')).status).toBe(200);
      client.abort();
      expect(await gone).toBe('AbortError');
      expect(patient.logged.lines().filter(({ msg }) => msg === 'no answer')).toEqual([]);
    });
  });
});

describe('too much at once', () => {
  it('is refused beyond the bound, and the places are given back', async () => {
    const narrow = (settings: Fleet['settings']) => ({ ...settings, upstream: { ...settings.upstream, concurrency: 2 } });
    await within({ settings: narrow }, async (full) => {
      const waiting: ServerResponse[] = [];
      full.reservation.answers((_seen, res) => waiting.push(res));
      const first = [full.call('GET', CONCERTS), full.call('GET', CONCERTS)];
      await eventually(() => expect(waiting.length).toBe(2));
      const refused = await full.call('GET', CONCERTS);
      expect([refused.status, refused.json?.['code'], refused.headers['retry-after']]).toEqual([503, 'OVERLOADED', '1']);
      for (const res of waiting) json(res, 200, {});
      await Promise.all(first);
      full.reservation.answers((_seen, res) => json(res, 200, {}));
      await eventually(async () => expect((await full.call('GET', CONCERTS)).status).toBe(200));
    });
  });
});

describe('a stop', () => {
  it('answers what is under way, and closes its connection', async () => {
    const stopping = await startFleet();
    const waiting: ServerResponse[] = [];
    stopping.reservation.answers((_seen, res) => waiting.push(res));
    const last = stopping.call('GET', CONCERTS);
    await eventually(() => expect(waiting.length).toBe(1));
    const stopped = stopping.stopGateway();
    await eventually(async () => expect((await fetch(`${stopping.opsUrl}/readyz`)).status).toBe(503));
    json(waiting[0]!, 200, { last: true });
    expect((await last).json).toEqual({ last: true });
    await stopped;
    await expect(stopping.call('GET', CONCERTS)).rejects.toThrow(/ECONNREFUSED|socket hang up/); // a kept connection that was closed, or none
    await stopping.stop();
  });
});
