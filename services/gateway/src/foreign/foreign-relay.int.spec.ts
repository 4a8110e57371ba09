import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ForeignRoute } from './foreign-routes-file.ts';
import { codeOf, foreignShop, json, startFleet, startStandIn } from '../testing/index.ts';

const { now, start, begin, stop, inLine, last } = foreignShop();
beforeAll(start);
beforeEach(begin);
afterAll(stop);

describe('bodies', () => {
  it.each([
    ['a form', 'application/x-www-form-urlencoded', 'a=b'],
    ['plain text', 'text/plain', 'hello'],
    ['what nobody knows', 'application/x-thing', '\u0000\u0001'],
  ])('may be %s', async (_what, type, body) => {
    await now.fleet.call('PUT', '/shop/x', { headers: { ...inLine(), 'content-type': type }, body });
    expect([last().headers['content-type'], last().body]).toEqual([type, body]);
  });

  it('may be chunked, and as large as the route takes', async () => {
    await now.fleet.call('POST', '/shop/x', { headers: { ...inLine(), 'transfer-encoding': 'chunked' }, body: 'x'.repeat(1000) });
    expect(last().body).toHaveLength(1000);
  });

  it.each([
    ['announced', {}],
    ['not announced', { 'transfer-encoding': 'chunked' }],
  ])('are refused when too large, their size %s', async (_what, headers) => {
    const answer = await now.fleet.call('POST', '/shop/x', { headers: { ...inLine(), ...headers }, body: 'x'.repeat(1001) });
    expect(codeOf(answer)).toBe('413 PAYLOAD_TOO_LARGE');
    expect(now.shop.seen).toEqual([]);
    expect((await now.fleet.call('GET', '/shop', { headers: inLine() })).status).toBe(200);
  });
});

describe('origins', () => {
  it('are asked in turn, also when one of them closes each connection', async () => {
    const closing = await startStandIn();
    const turns: ForeignRoute = {
      prefix: '/turns',
      exact: false,
      origins: [now.shop.url, closing.url],
      gate: 'none',
      auth: 'none',
      maxBodyBytes: 1000,
      pass: [],
    };
    const two = await startFleet({
      settings: (s) => ({ ...s, foreignRoutes: [turns] }),
      overrides: { monotonic: () => 1 }, // whoever is passed over stays so
    });
    try {
      closing.answers((_seen, res) => json(res, 200, {}, { connection: 'close' }));
      for (let turn = 0; turn < 4; turn += 1) await two.call('GET', '/turns');
      expect([now.shop.seen.length, closing.seen.length]).toEqual([2, 2]);
    } finally {
      await two.stop();
      await closing.stop();
    }
  });
});

describe('answers', () => {
  it('are passed on as they are, redirects, pages and failures too', async () => {
    now.shop.answers((_seen, res) => {
      res.writeHead(303, {
        location: '/shop/done',
        'set-cookie': ['a=1', 'b=2'],
        'x-onsale-member': 'x',
        connection: 'x-hop',
        'x-hop': '1',
      });
      res.end();
    });
    const moved = await now.fleet.call('POST', '/shop/buy', { headers: inLine(), body: {} });
    expect([moved.status, moved.headers['location'], moved.headers['set-cookie']]).toEqual([303, '/shop/done', ['a=1', 'b=2']]);
    expect([moved.headers['x-onsale-member'], moved.headers['x-hop']]).toEqual([undefined, undefined]);
    now.shop.answers((_seen, res) => {
      res.writeHead(500, { 'content-type': 'text/html' });
      res.end('<h1>no</h1>');
    });
    const failed = await now.fleet.call('GET', '/shop', { headers: inLine() });
    expect([failed.status, failed.text, failed.headers['content-security-policy']]).toEqual([500, '<h1>no</h1>', undefined]);
    expect(failed.headers['x-content-type-options']).toBe('nosniff');
  });

  it('are kept from caches that others read, unless they are for all', async () => {
    now.shop.answers((_seen, res) => json(res, 200, {}, { 'cache-control': 'public, max-age=60' }));
    expect((await now.fleet.call('GET', '/shop', { headers: inLine() })).headers['cache-control']).toBe('no-store');
    expect((await now.fleet.call('GET', '/shop/assets/x')).headers['cache-control']).toBe('public, max-age=60');
  });

  it.each([
    ['of which only a part is private', { 'cache-control': 'public, private="x-a", max-age=60' }],
    ['by words for them alone', { 'surrogate-control': 'max-age=60', 'cdn-cache-control': 'max-age=60', 'x-accel-expires': '60' }],
  ])('are kept from them %s', async (_how, said) => {
    now.shop.answers((_seen, res) => json(res, 200, {}, said));
    const { headers } = await now.fleet.call('GET', '/shop', { headers: inLine() });
    expect(headers['cache-control']).toBe('no-store');
    for (const name of ['surrogate-control', 'cdn-cache-control', 'x-accel-expires'])
      expect([name, headers[name]]).toEqual([name, undefined]);
    expect((await now.fleet.call('GET', '/shop/assets/x')).headers).toMatchObject(said);
  });

  it('are a problem of ours when there is none', async () => {
    expect(codeOf(await now.fleet.call('GET', '/away'))).toBe('503 UPSTREAM_UNAVAILABLE');
  });

  it('are a problem of ours when they have no status', async () => {
    expect(codeOf(await now.fleet.call('GET', '/odd'))).toBe('503 UPSTREAM_UNAVAILABLE');
  });

  it('are asked for by TLS where the origin says so', async () => {
    expect(codeOf(await now.fleet.call('GET', '/tls'))).toBe('503 UPSTREAM_UNAVAILABLE'); // it knows nobody there
    expect(now.tls.first.at(-1)).toBe(22); // a handshake
  });
});
