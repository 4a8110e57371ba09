import { eventually } from '@onsale/shared/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { as, openRaw, startFleet, type Fleet, type SignedIn } from '../testing/index.ts';

let fleet: Fleet;
let member: SignedIn;
beforeAll(async () => {
  fleet = await startFleet({ settings: (settings) => ({ ...settings, corsOrigins: ['https://shop.example'] }) });
  member = await fleet.signIn();
});
afterAll(() => fleet.stop());

const CHARGES = '/api/v1/members/me/wallet/charges';
const ID = '01890a5d-ac96-774b-bcce-b302099a8057';

/** What the gateway says to these bytes, `then` said after its first whole answer, until it ends. */
const raw = async (bytes: string, then?: string): Promise<string> => {
  const { heard, says, whole } = openRaw(fleet.url, bytes);
  if (then !== undefined) {
    await eventually(() => expect(heard.text).toContain('0\r\n\r\n'));
    says(then);
  }
  return whole();
};

describe('a request', () => {
  it.each([
    ['to a path that is not there', 'GET', '/api/v1/nothing', {}, 404, 'NOT_FOUND'],
    ['to a route between services', 'POST', '/internal/tokens/check', { body: { tokens: [] } }, 404, 'NOT_FOUND'],
    ['to a route between services, below the API', 'GET', '/api/v1/internal/jwks', {}, 404, 'NOT_FOUND'],
    ['by another method', 'PUT', '/api/v1/concerts', {}, 405, 'METHOD_NOT_ALLOWED'],
    ['by a method of nobody', 'PROPFIND', '/api/v1/concerts', {}, 405, 'METHOD_NOT_ALLOWED'],
    ['with a parameter that cannot be one', 'GET', '/api/v1/concerts/1', {}, 400, 'VALIDATION_FAILED'],
    ['with too large a body', 'POST', CHARGES, { body: { amount: 'x'.repeat(70_000) } }, 413, 'PAYLOAD_TOO_LARGE'],
    ['with text', 'POST', CHARGES, { body: 'amount=1', headers: { 'content-type': 'text/plain' } }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['with a body of no type', 'POST', CHARGES, { body: '{}' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['with a body where none is taken', 'GET', '/api/v1/concerts', { body: {} }, 400, 'VALIDATION_FAILED'],
    ['in another coding', 'POST', CHARGES, { body: '{}', headers: { 'transfer-encoding': 'gzip, chunked' } }, 400, 'VALIDATION_FAILED'],
    ['without its key', 'POST', CHARGES, { body: { amount: 1 } }, 428, 'IDEMPOTENCY_KEY_REQUIRED'],
    ['with an odd key', 'POST', CHARGES, { body: { amount: 1 }, headers: { 'idempotency-key': 'a b' } }, 400, 'VALIDATION_FAILED'],
    [
      'with a long key',
      'POST',
      CHARGES,
      { body: { amount: 1 }, headers: { 'idempotency-key': 'k'.repeat(256) } },
      400,
      'VALIDATION_FAILED',
    ],
  ] as const)('%s is refused at the door', async (_what, method, path, options, status, code) => {
    const before = fleet.reached();
    const headers = { ...as(member), ...('headers' in options ? options.headers : {}) };
    const answer = await fleet.call(method, path, { ...options, headers });
    expect([answer.status, answer.json?.['code'], answer.json?.['status']]).toEqual([status, code, status]);
    expect(answer.json?.['instance']).toBe(`urn:uuid:${String(answer.headers['x-request-id'])}`);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(fleet.reached()).toBe(before);
  });

  it('is told which methods a path takes', async () => {
    expect((await fleet.call('POST', `/api/v1/reservations/${ID}`)).headers.allow).toBe('GET, HEAD, DELETE');
  });

  it('goes through with its body in chunks, its query and its key', async () => {
    const answer = await fleet.call('POST', `${CHARGES}?x=%20y`, {
      headers: { ...as(member), 'transfer-encoding': 'chunked', 'content-type': 'application/json', 'idempotency-key': '~'.repeat(255) },
      body: '{"amount":1}',
    });
    expect(answer.status).toBe(200);
    expect(fleet.payment.seen.at(-1)).toMatchObject({
      url: `${CHARGES}?x=%20y`,
      body: '{"amount":1}',
      headers: { 'idempotency-key': '~'.repeat(255) },
    });
  });

  it('by HEAD is a GET without a body', async () => {
    const answer = await fleet.call('HEAD', '/api/v1/concerts');
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(fleet.reservation.seen.at(-1)).toMatchObject({ method: 'HEAD' });
  });

  it('leaves its connection usable when its body is refused', async () => {
    const refused = await fleet.call('POST', CHARGES, { headers: as(member), body: { amount: 'x'.repeat(70_000) } });
    expect(refused.headers.connection).not.toBe('close');
    expect((await fleet.call('GET', '/api/v1/concerts')).status).toBe(200);
  });
});

describe('what is no request', () => {
  it.each([
    ['nonsense', 'nonsense\r\n\r\n', 400, 'VALIDATION_FAILED'],
    [
      'two lengths',
      'POST /api/v1/members HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
      400,
      'VALIDATION_FAILED',
    ],
    ['too many headers', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`, 413, 'PAYLOAD_TOO_LARGE'],
  ])('is answered with a problem too: %s', async (_what, bytes, status, code) => {
    const [head = '', body = ''] = (await raw(bytes)).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toMatch(/content-type: application\/problem\+json/);
    expect(JSON.parse(body)).toMatchObject({ status, code });
  });

  const get = 'GET /api/v1/concerts HTTP/1.1\r\nhost: x\r\n\r\n';
  const charge = `POST ${CHARGES} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-type: application/json\r\nidempotency-key: k\r\n`;

  it('is not answered behind a request that is under way, which would take the answer for its own', async () => {
    expect(await raw(`${get}nonsense\r\n\r\n`)).toBe('');
    expect(await raw(`${get}${charge}authorization: Bearer ${member.accessToken}\r\n\r\nno chunk\r\n`)).toBe('');
  });

  it('is answered behind a request that has its answer', async () => {
    expect((await raw(get, 'nonsense\r\n\r\n')).match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
  });

  it('is a body that breaks off its own request, which is told so', async () => {
    const answer = await raw(`${charge}authorization: Bearer ${member.accessToken}\r\n\r\nno chunk\r\n`);
    expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 400']);
  });

  it('is an expectation that nobody knows: it is ignored', async () => {
    const answer = await raw('GET /api/v1/concerts HTTP/1.1\r\nhost: x\r\nexpect: tea\r\nconnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
  });

  it('is an upgrade, which is answered as if it had not been asked for', async () => {
    const answer = await raw('GET /api/v1/concerts HTTP/1.1\r\nhost: x\r\nupgrade: h2c\r\nconnection: upgrade, close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(fleet.reservation.seen.at(-1)!.headers).not.toHaveProperty('upgrade');
  });
});

describe('pages of other origins', () => {
  const ask = (method: string, headers: Record<string, string>) => fleet.call(method, '/api/v1/concerts', { headers });

  it('may call the API when they are listed, and read the headers that say how to go on', async () => {
    const answer = await ask('GET', { origin: 'https://shop.example' });
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': 'https://shop.example', vary: expect.stringMatching(/origin/i) });
    expect(answer.headers['access-control-expose-headers']).toMatch(
      /ETag.*Location.*Retry-After.*RateLimit.*Idempotency-Replayed.*X-Request-Id/,
    );
    const preflight = await ask('OPTIONS', { origin: 'https://shop.example', 'access-control-request-method': 'GET' });
    expect([preflight.status, preflight.headers['access-control-allow-methods']]).toEqual([204, 'GET, HEAD']);
    expect(preflight.headers['access-control-allow-headers']).toMatch(/Queue-Token/);
  });

  it.each(['https://evil.example', 'https://shop.example.evil.example', 'http://shop.example', 'null'])(
    'get no leave from %s',
    async (origin) => {
      const answer = await ask('GET', { origin });
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect((await ask('OPTIONS', { origin, 'access-control-request-method': 'GET' })).status).toBe(405);
    },
  );
});
