import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { as, deadAddress, json, startFleet, startStandIn, type Fleet, type SignedIn, type StandIn } from '../testing/index.ts';
import type { ForeignRoute } from './foreign-routes-file.ts';

let fleet: Fleet;
let shop: StandIn;
let member: SignedIn;
let tls: Awaited<ReturnType<typeof startListener>>;

/** Keeps the first byte that each connection says, and hangs up, with an answer that is none. */
const startListener = async () => {
  const first: number[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (bytes) => {
      first.push(bytes[0]!);
      socket.end('HTTP/1.1 099 Odd\r\ncontent-length: 0\r\n\r\n');
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { first, url: new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`), stop: () => server.close() };
};

const route = (prefix: string, rest: Partial<ForeignRoute>): ForeignRoute => ({
  prefix,
  exact: false,
  origins: [shop.url],
  gate: 'none',
  queueId: undefined,
  auth: 'none',
  maxBodyBytes: 1000,
  pass: [],
  ...rest,
});

beforeAll(async () => {
  shop = await startStandIn();
  tls = await startListener();
  fleet = await startFleet({
    settings: (settings) => ({
      ...settings,
      foreignRoutes: [
        route('/shop', { gate: 'admitted', queueId: 'drop', auth: 'member' }),
        route('/shop/assets', {}),
        route('/me', { auth: 'member', pass: ['authorization', 'cookie'] }),
        route('/away', { origins: [deadAddress] }),
        route('/tls', { origins: [tls.url] }),
        route('/odd', { origins: [new URL(`http://${tls.url.host}`)] }),
      ],
    }),
  });
  member = await fleet.signIn();
});
beforeEach(() => {
  shop.seen.length = 0;
  shop.answers((_seen, res) => json(res, 200, { by: 'shop' }));
  fleet.queueSays(() => ({ status: 'ADMITTED', remainingMs: 60_000 }));
});
afterAll(async () => {
  await fleet?.stop();
  await shop?.stop();
  tls?.stop();
});

const inLine = () => as(member, fleet.tokenFor(member, 'drop'));
const codeOf = ({ status, json: body }: { status: number; json: Record<string, unknown> | undefined }): string =>
  `${status} ${(body?.['code'] as string | undefined) ?? ''}`.trim();
const last = () => shop.seen.at(-1)!;

describe('a foreign service behind the gate', () => {
  it('gets those who are admitted, with the queue and the number that they came by', async () => {
    const { status, json: body } = await fleet.call('POST', '/shop/buy?a=b//c&d=%2e', { headers: inLine(), body: { item: 1 } });
    expect([status, body]).toEqual([200, { by: 'shop' }]);
    expect(last()).toMatchObject({ method: 'POST', url: '/shop/buy?a=b//c&d=%2e', body: '{"item":1}' });
    expect(last().headers).toMatchObject({
      'x-onsale-member': member.id,
      'x-onsale-role': 'member',
      'x-onsale-queue': 'drop',
      'x-onsale-lane': 'standard',
      'x-onsale-number': expect.stringMatching(/^\d+$/),
      'x-forwarded-for': '127.0.0.1',
    });
    const { payload } = await jwtVerify(
      last().headers['x-onsale-principal'] as string,
      createLocalJWKSet(fleet.settings.principalPublicKeys),
      { issuer: 'onsale-gateway-foreign', algorithms: ['EdDSA'] },
    );
    expect(payload).toMatchObject({
      sub: member.id,
      adm: { queueId: 'drop', number: Number(last().headers['x-onsale-number']), status: 'ADMITTED' },
    });
    await expect(fleet.principalOf(last())).rejects.toMatchObject({ code: 'UNAUTHENTICATED' }); // it is worth nothing inside the fleet
  });

  it.each<[string, () => Record<string, string>, string]>([
    ['strangers', () => ({}), '401 UNAUTHENTICATED'],
    ['members without a number', () => as(member), '401 QUEUE_TOKEN_REQUIRED'],
    ['those with a number of another queue', () => as(member, fleet.tokenFor(member, 'other')), '403 QUEUE_WRONG'],
    ['those with the number of another member', () => as(member, fleet.tokenFor({ id: 'x' }, 'drop')), '403 QUEUE_TOKEN_FOREIGN'],
    ['those with a forged number', () => as(member, `${fleet.tokenFor(member, 'drop').slice(0, -2)}xx`), '401 QUEUE_TOKEN_INVALID'],
  ])('never sees %s', async (_who, headers, code) => {
    expect(codeOf(await fleet.call('POST', '/shop/buy', { headers: headers(), body: {} }))).toBe(code);
    expect(shop.seen).toEqual([]);
  });

  it('never sees those who wait, who are told where they stand', async () => {
    fleet.queueSays(() => ({ status: 'WAITING', position: 3, pollAfterMs: 1500 }));
    const answer = await fleet.call('GET', '/shop', { headers: inLine() });
    expect(codeOf(answer)).toBe('403 QUEUE_NOT_ADMITTED');
    expect(answer.json).toMatchObject({ queue: { queueId: 'drop', status: 'WAITING', position: 3 } });
    expect(shop.seen).toEqual([]);
  });

  it.each([
    '/SHOP/buy',
    '/Shop',
    '/sh%6fp/buy',
    '//shop/buy',
    '/./shop/buy',
    '/x/../shop/buy',
    '/shop/assets/../buy',
    '/shop/assets/%2e%2e/buy',
    '/shop/assets/..%2fbuy',
    '/shop/assets/..%5cbuy',
    '/shop/assets/..\\buy',
    '/shop/assets/..;/buy',
    '/shop/assets//buy',
    '/shop/assets/%252e%252e/buy',
    '/shop/ASSETS/../buy',
    '/shop/Assets/x',
    '/shop%2fbuy',
    '/shop.json',
    '/shopping',
    'http://shop.example/shop/buy',
    '/shop/assets/x?a#/../buy',
  ])('is not got at by spelling: %s', async (path) => {
    const answer = await fleet.call('GET', path, {});
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(405);
    expect(answer.headers['content-type']).toMatch(/problem/);
    expect(shop.seen).toEqual([]);
  });

  it('is not talked into another path, nor into another member, by headers', async () => {
    await fleet.call('GET', '/shop/assets/x', {
      headers: {
        'x-original-url': '/shop/buy',
        'x-rewrite-url': '/shop/buy',
        'x-onsale-member': 'forged',
        'x-onsale-number': '1',
        x_onsale_member: 'forged',
        'x.onsale.member': 'forged',
        'x-forwarded-host': 'evil',
        connection: 'x-onsale-principal',
        'queue-token': 'q',
        authorization: 'Bearer x',
        cookie: 'a=b',
      },
    });
    const { headers } = last();
    for (const name of [
      'x-original-url',
      'x-rewrite-url',
      'x-onsale-member',
      'x-onsale-number',
      'x_onsale_member',
      'x.onsale.member',
      'queue-token',
      'authorization',
      'cookie',
    ])
      expect([name, headers[name]]).toEqual([name, undefined]);
    expect(headers['x-onsale-principal']).toMatch(/^ey/);
    expect(headers['x-forwarded-host']).toMatch(/^127\.0\.0\.1:/);
  });

  it('has what its gate leaves open, without a sign-in', async () => {
    expect((await fleet.call('GET', '/shop/assets/logo.svg')).json).toEqual({ by: 'shop' });
    expect(codeOf(await fleet.call('GET', '/me'))).toBe('401 UNAUTHENTICATED');
  });

  it('gets credentials of its own where the file says so, and no token of the line', async () => {
    await fleet.call('GET', '/me', { headers: { ...inLine(), cookie: 'onsale-access=x; cart=1; onsale-queue-drop=y; b=2' } });
    expect(last().headers).toMatchObject({ authorization: `Bearer ${member.accessToken}`, cookie: 'cart=1; b=2' });
    expect(last().headers['queue-token']).toBeUndefined();
    expect(last().headers['x-onsale-number']).toBeUndefined();
  });

  it.each(['TRACE', 'OPTIONS', 'PURGE'])('does not get %s', async (method) => {
    const answer = await fleet.call(method, '/shop/assets/x');
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET, HEAD, POST, PUT, PATCH, DELETE']);
    expect(shop.seen).toEqual([]);
  });
});

describe('bodies', () => {
  it.each([
    ['a form', 'application/x-www-form-urlencoded', 'a=b'],
    ['plain text', 'text/plain', 'hello'],
    ['what nobody knows', 'application/x-thing', '\u0000\u0001'],
  ])('may be %s', async (_what, type, body) => {
    await fleet.call('PUT', '/shop/x', { headers: { ...inLine(), 'content-type': type }, body });
    expect([last().headers['content-type'], last().body]).toEqual([type, body]);
  });

  it('may be chunked, and as large as the route takes', async () => {
    await fleet.call('POST', '/shop/x', { headers: { ...inLine(), 'transfer-encoding': 'chunked' }, body: 'x'.repeat(1000) });
    expect(last().body).toHaveLength(1000);
  });

  it.each([
    ['announced', {}],
    ['not announced', { 'transfer-encoding': 'chunked' }],
  ])('are refused when too large, their size %s', async (_what, headers) => {
    const answer = await fleet.call('POST', '/shop/x', { headers: { ...inLine(), ...headers }, body: 'x'.repeat(1001) });
    expect(codeOf(answer)).toBe('413 PAYLOAD_TOO_LARGE');
    expect(shop.seen).toEqual([]);
    expect((await fleet.call('GET', '/shop', { headers: inLine() })).status).toBe(200);
  });
});

describe('answers', () => {
  it('are passed on as they are, redirects, pages and failures too', async () => {
    shop.answers((_seen, res) => {
      res.writeHead(303, {
        location: '/shop/done',
        'set-cookie': ['a=1', 'b=2'],
        'x-onsale-member': 'x',
        connection: 'x-hop',
        'x-hop': '1',
      });
      res.end();
    });
    const moved = await fleet.call('POST', '/shop/buy', { headers: inLine(), body: {} });
    expect([moved.status, moved.headers['location'], moved.headers['set-cookie']]).toEqual([303, '/shop/done', ['a=1', 'b=2']]);
    expect([moved.headers['x-onsale-member'], moved.headers['x-hop']]).toEqual([undefined, undefined]);
    shop.answers((_seen, res) => {
      res.writeHead(500, { 'content-type': 'text/html' });
      res.end('<h1>no</h1>');
    });
    const failed = await fleet.call('GET', '/shop', { headers: inLine() });
    expect([failed.status, failed.text, failed.headers['content-security-policy']]).toEqual([500, '<h1>no</h1>', undefined]);
    expect(failed.headers['x-content-type-options']).toBe('nosniff');
  });

  it('are kept from caches that others read, unless they are for all', async () => {
    shop.answers((_seen, res) => json(res, 200, {}, { 'cache-control': 'public, max-age=60' }));
    expect((await fleet.call('GET', '/shop', { headers: inLine() })).headers['cache-control']).toBe('no-store');
    expect((await fleet.call('GET', '/shop/assets/x')).headers['cache-control']).toBe('public, max-age=60');
  });

  it.each([
    ['of which only a part is private', { 'cache-control': 'public, private="x-a", max-age=60' }],
    ['by words for them alone', { 'surrogate-control': 'max-age=60', 'cdn-cache-control': 'max-age=60', 'x-accel-expires': '60' }],
  ])('are kept from them %s', async (_how, said) => {
    shop.answers((_seen, res) => json(res, 200, {}, said));
    const { headers } = await fleet.call('GET', '/shop', { headers: inLine() });
    expect(headers['cache-control']).toBe('no-store');
    for (const name of ['surrogate-control', 'cdn-cache-control', 'x-accel-expires'])
      expect([name, headers[name]]).toEqual([name, undefined]);
    expect((await fleet.call('GET', '/shop/assets/x')).headers).toMatchObject(said);
  });

  it('are a problem of ours when there is none', async () => {
    expect(codeOf(await fleet.call('GET', '/away'))).toBe('503 UPSTREAM_UNAVAILABLE');
  });

  it('are a problem of ours when they have no status', async () => {
    expect(codeOf(await fleet.call('GET', '/odd'))).toBe('503 UPSTREAM_UNAVAILABLE');
  });

  it('are asked for by TLS where the origin says so', async () => {
    expect(codeOf(await fleet.call('GET', '/tls'))).toBe('503 UPSTREAM_UNAVAILABLE'); // it knows nobody there
    expect(tls.first.at(-1)).toBe(22); // a handshake
  });
});

/** What a server says to these bytes, to its end. */
const raw = async (bytes: string): Promise<string> => {
  const { hostname, port } = new URL(fleet.url);
  const socket = connect(Number(port), hostname);
  socket.write(bytes);
  return text(socket);
};

describe('smuggling', () => {
  it.each([
    ['two framings', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /shop/buy HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['two lengths', 'Content-Length: 0\r\nContent-Length: 44\r\n\r\nGET /shop/buy HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a coding that is none', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\nGET /shop/buy HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a header of two lines', 'X-A: b\r\n Transfer-Encoding: chunked\r\nContent-Length: zero\r\n\r\n'],
    ['a space before the colon', 'Content-Length : 4\r\n\r\nabcd'],
  ])('by %s brings nothing behind the gate', async (_how, rest) => {
    const answer = await raw(`POST /shop/assets/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${rest}`);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(shop.seen.filter(({ url }) => url !== '/shop/assets/x')).toEqual([]);
  });
});
