import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { as, codeOf, foreignShop, openRaw } from '../testing/index.ts';

const { now, start, begin, stop, inLine, last } = foreignShop();
beforeAll(start);
beforeEach(begin);
afterAll(stop);

describe('a foreign service behind the gate', () => {
  it('gets those who are admitted, with the queue and the number that they came by', async () => {
    const { status, json: body } = await now.fleet.call('POST', '/shop/buy?a=b//c&d=%2e', { headers: inLine(), body: { item: 1 } });
    expect([status, body]).toEqual([200, { by: 'shop' }]);
    expect(last()).toMatchObject({ method: 'POST', url: '/shop/buy?a=b//c&d=%2e', body: '{"item":1}' });
    expect(last().headers).toMatchObject({
      'x-onsale-member': now.member.id,
      'x-onsale-role': 'member',
      'x-onsale-queue': 'drop',
      'x-onsale-lane': 'standard',
      'x-onsale-number': expect.stringMatching(/^\d+$/),
      'x-forwarded-for': '127.0.0.1',
    });
    const { payload } = await jwtVerify(
      last().headers['x-onsale-principal'] as string,
      createLocalJWKSet(now.fleet.settings.principalPublicKeys),
      { issuer: 'onsale-gateway-foreign', algorithms: ['EdDSA'] },
    );
    expect(payload).toMatchObject({
      sub: now.member.id,
      adm: { queueId: 'drop', number: Number(last().headers['x-onsale-number']), status: 'ADMITTED' },
    });
    await expect(now.fleet.principalOf(last())).rejects.toMatchObject({ code: 'UNAUTHENTICATED' }); // it is worth nothing inside the fleet
  });

  it.each<[string, () => Record<string, string>, string]>([
    ['strangers', () => ({}), '401 UNAUTHENTICATED'],
    ['members without a number', () => as(now.member), '401 QUEUE_TOKEN_REQUIRED'],
    ['those with a number of another queue', () => as(now.member, now.fleet.tokenFor(now.member, 'other')), '403 QUEUE_WRONG'],
    ['those with the number of another member', () => as(now.member, now.fleet.tokenFor({ id: 'x' }, 'drop')), '403 QUEUE_TOKEN_FOREIGN'],
    [
      'those with a forged number',
      () => as(now.member, `${now.fleet.tokenFor(now.member, 'drop').slice(0, -2)}xx`),
      '401 QUEUE_TOKEN_INVALID',
    ],
  ])('never sees %s', async (_who, headers, code) => {
    expect(codeOf(await now.fleet.call('POST', '/shop/buy', { headers: headers(), body: {} }))).toBe(code);
    expect(now.shop.seen).toEqual([]);
  });

  it('never sees those who wait, who are told where they stand', async () => {
    now.fleet.queueSays(() => ({ status: 'WAITING', position: 3, pollAfterMs: 1500 }));
    const answer = await now.fleet.call('GET', '/shop', { headers: inLine() });
    expect(codeOf(answer)).toBe('403 QUEUE_NOT_ADMITTED');
    expect(answer.json).toMatchObject({ queue: { queueId: 'drop', status: 'WAITING', position: 3 } });
    expect(now.shop.seen).toEqual([]);
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
    const answer = await now.fleet.call('GET', path, {});
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(405);
    expect(answer.headers['content-type']).toMatch(/problem/);
    expect(now.shop.seen).toEqual([]);
  });

  it('is not talked into another path, nor into another member, by headers', async () => {
    await now.fleet.call('GET', '/shop/assets/x', {
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
    expect((await now.fleet.call('GET', '/shop/assets/logo.svg')).json).toEqual({ by: 'shop' });
    expect(codeOf(await now.fleet.call('GET', '/me'))).toBe('401 UNAUTHENTICATED');
  });

  it('gets credentials of its own where the file says so, and no token of the line', async () => {
    await now.fleet.call('GET', '/me', { headers: { ...inLine(), cookie: 'onsale-access=x; cart=1; onsale-queue-drop=y; b=2' } });
    expect(last().headers).toMatchObject({ authorization: `Bearer ${now.member.accessToken}`, cookie: 'cart=1; b=2' });
    expect(last().headers['queue-token']).toBeUndefined();
    expect(last().headers['x-onsale-number']).toBeUndefined();
  });

  it.each(['TRACE', 'OPTIONS', 'PURGE'])('does not get %s', async (method) => {
    const answer = await now.fleet.call(method, '/shop/assets/x');
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET, HEAD, POST, PUT, PATCH, DELETE']);
    expect(now.shop.seen).toEqual([]);
  });
});

describe('smuggling', () => {
  it.each([
    ['two framings', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /shop/buy HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['two lengths', 'Content-Length: 0\r\nContent-Length: 44\r\n\r\nGET /shop/buy HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a coding that is none', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\nGET /shop/buy HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a header of two lines', 'X-A: b\r\n Transfer-Encoding: chunked\r\nContent-Length: zero\r\n\r\n'],
    ['a space before the colon', 'Content-Length : 4\r\n\r\nabcd'],
  ])('by %s brings nothing behind the gate', async (_how, rest) => {
    const answer = await openRaw(now.fleet.url, `POST /shop/assets/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${rest}`).whole();
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(now.shop.seen.filter(({ url }) => url !== '/shop/assets/x')).toEqual([]);
  });
});
