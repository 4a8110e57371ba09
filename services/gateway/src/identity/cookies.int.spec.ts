import type { OutgoingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { as, cookie, cookieBrowser, json, SECURE_NAMES, SESSION, setCookies, SHOP, startFleet } from '../testing/index.ts';

const [ACCESS, REFRESH, QUEUE] = SECURE_NAMES;
const { now, start, begin, stop, signedIn, ask } = cookieBrowser();
beforeAll(start);
beforeEach(begin);
afterAll(stop);

const commerceAnswers = (status: number, body: object) => {
  const before = now.fleet.commerce.answering();
  now.fleet.commerce.answers((seen, res, req) =>
    seen.url === '/internal/jwks' ? before(seen, res, req) : status === 204 ? void res.writeHead(204).end() : json(res, status, body),
  );
  return () => now.fleet.commerce.answers(before);
};

describe('a session in cookies', () => {
  it('begins with tokens that no script can read, and that are nowhere else', async () => {
    const undo = commerceAnswers(201, { ...SESSION, transport: 'cookie' });
    const answer = await ask(
      'POST',
      '/sessions',
      { cookie: `${QUEUE}old=x`, origin: now.own },
      { email: 'a@b.c', password: 'x', transport: 'cookie' },
    );
    undo();
    expect(setCookies(answer)).toEqual([
      `${QUEUE}old=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax`,
      `${ACCESS}=new-access; Max-Age=3600; Path=/; HttpOnly; Secure; SameSite=Lax`,
      `${REFRESH}=new-refresh; Max-Age=3600; Path=/api/v1/sessions; HttpOnly; Secure; SameSite=Lax`,
    ]);
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({ tokenType: 'Bearer', expiresIn: 600, refreshExpiresIn: 3600, transport: 'cookie' });
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('is not begun for a client that wants its tokens in the body', async () => {
    const undo = commerceAnswers(201, SESSION);
    const answer = await ask('POST', '/sessions', {}, { email: 'a@b.c', password: 'x' });
    undo();
    expect([answer.json, setCookies(answer)]).toEqual([SESSION, []]);
  });

  it('is the same caller as by header, and no cookie reaches a service', async () => {
    expect((await ask('GET', '/members/me/wallet', { cookie: signedIn({ other: 'x' }) })).status).toBe(200);
    const seen = now.fleet.payment.seen.at(-1)!;
    expect(await now.fleet.principalOf(seen)).toMatchObject({
      kind: 'member',
      member: { id: now.member.id, sessionId: now.member.sessionId },
    });
    expect(seen.headers).not.toHaveProperty('cookie');
    expect(JSON.stringify(seen.headers)).not.toContain(now.member.accessToken);
  });

  it('is nothing beside a header, which wins', async () => {
    const other = await now.fleet.signIn();
    const headers = { ...as(other), cookie: signedIn(), 'idempotency-key': 'k' };
    expect((await ask('POST', '/members/me/wallet/charges', headers, { amount: 1 })).status).toBe(200); // and needs no origin then
    expect(await now.fleet.principalOf(now.fleet.payment.seen.at(-1)!)).toMatchObject({ member: { id: other.id } });
    expect((await ask('GET', '/members/me', { authorization: 'Bearer x', cookie: signedIn() })).status).toBe(401);
  });

  it('is refreshed by its cookie, which commerce alone is told', async () => {
    const accessToken = await now.fleet.renewed(now.member);
    const undo = commerceAnswers(201, { ...SESSION, accessToken, transport: 'cookie' });
    const answer = await ask('POST', '/sessions/refresh', { cookie: signedIn({ [REFRESH]: 'old-refresh' }), origin: now.own });
    undo();
    const seen = now.fleet.commerce.seen.at(-1)!;
    expect([seen.headers['x-onsale-refresh-token'], seen.headers.cookie, seen.body]).toEqual(['old-refresh', undefined, '']);
    expect(setCookies(answer)).toEqual([expect.stringContaining(accessToken), expect.stringContaining('new-refresh')]);
    expect(answer.json).not.toHaveProperty('refreshToken');
  });

  it('is not exchanged for that of a refresh cookie which a sibling of our host has set', async () => {
    const eve = await now.fleet.signIn();
    const other = { ...now.member, sessionId: eve.sessionId };
    for (const [held, accessToken] of [
      [{ [ACCESS]: now.member.accessToken }, await now.fleet.renewed(eve)],
      [{ [ACCESS]: now.member.accessToken }, await now.fleet.renewed(other)],
      [{ [ACCESS]: 'unreadable' }, await now.fleet.renewed(now.member)],
      [{}, await now.fleet.renewed(eve)],
    ] as const) {
      const undo = commerceAnswers(201, { ...SESSION, accessToken, transport: 'cookie' });
      const answer = await ask('POST', '/sessions/refresh', { cookie: cookie({ ...held, [REFRESH]: 'of-eve' }), origin: now.own });
      undo();
      expect([answer.status, answer.json?.['code'], setCookies(answer)]).toEqual([401, 'SESSION_ENDED', []]);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
      expect(answer.text).not.toContain(accessToken);
    }
  });

  it('hands its refresh token on to no other route, and takes none from outside', async () => {
    await ask('GET', '/members/me', { cookie: signedIn({ [REFRESH]: 'old-refresh' }), 'x-onsale-refresh-token': 'forged' });
    expect(now.fleet.commerce.seen.at(-1)!.headers).not.toHaveProperty('x-onsale-refresh-token');
    await ask('POST', '/sessions/refresh', { 'x-onsale-refresh-token': 'forged' });
    expect(now.fleet.commerce.seen.at(-1)!.headers).not.toHaveProperty('x-onsale-refresh-token');
  });

  it.each([
    ['is signed out', 'DELETE', '/sessions', 204],
    ['goes with its account', 'DELETE', '/members/me', 204],
    ['could not be refreshed', 'POST', '/sessions/refresh', 401],
  ])('is gone from the browser when it %s, its places in line with it', async (_how, method, path, status) => {
    const undo = commerceAnswers(status, { status, code: 'SESSION_ENDED' });
    const answer = await ask(method, path, { cookie: signedIn({ [REFRESH]: 'x', [`${QUEUE}main`]: 'y' }), origin: now.own });
    undo();
    expect(answer.status).toBe(status);
    expect(setCookies(answer).map((one) => /^([^=]+)=; Max-Age=0; Path=([^;]+)/.exec(one)?.slice(1))).toEqual([
      [ACCESS, '/'],
      [REFRESH, '/api/v1/sessions'],
      [`${QUEUE}main`, '/'],
    ]);
  });

  it('has plain names in development, where there is no HTTPS', async () => {
    const plain = await startFleet({ settings: (settings) => ({ ...settings, secureCookies: false }) });
    try {
      const { accessToken } = await plain.signIn();
      const headers = { cookie: cookie({ 'onsale-access': accessToken }), origin: plain.url, 'idempotency-key': 'k' };
      expect((await plain.call('POST', '/api/v1/members/me/wallet/charges', { headers, body: { amount: 1 } })).status).toBe(200);
    } finally {
      await plain.stop();
    }
  });
});

describe('what a browser sends along whoever has it ask', () => {
  const charge = (headers: OutgoingHttpHeaders) =>
    ask('POST', '/members/me/wallet/charges', { cookie: signedIn(), 'idempotency-key': 'k', ...headers }, { amount: 1 });

  it('acts for pages of the gateway and of listed origins', async () => {
    for (const origin of [now.own, SHOP]) expect((await charge({ origin })).status).toBe(200);
  });

  it.each([
    ['another site', { origin: 'https://evil.example' }],
    ['a site that is named like ours', { origin: `${SHOP}.evil.example` }],
    ['our host without HTTPS', { origin: 'http://127.0.0.1' }],
    ['a page that hides where it is from', { origin: 'null' }],
    ['nobody knows where', {}],
  ])('does nothing for %s', async (_what, headers) => {
    const before = now.fleet.reached();
    const answer = await charge(headers);
    expect([answer.status, answer.json?.['code']]).toEqual([403, 'ORIGIN_NOT_ALLOWED']);
    expect(now.fleet.reached()).toBe(before);
  });

  it.each([
    ['DELETE', '/sessions', ACCESS],
    ['POST', '/sessions/refresh', REFRESH],
    ['POST', '/queues/main/tokens', ACCESS],
    ['DELETE', '/queues/main/tokens/current', `${QUEUE}main`],
  ])('does not %s %s for another site', async (method, path, name) => {
    const answer = await ask(method, path, { cookie: cookie({ [name]: now.member.accessToken }), origin: 'https://evil.example' });
    expect([answer.status, answer.json?.['code']]).toEqual([403, 'ORIGIN_NOT_ALLOWED']);
  });

  it('opens no WebSocket for another site', async () => {
    const wish = { cookie: signedIn(), connection: 'upgrade', upgrade: 'websocket' };
    const answerTo = async (origin: string) => (await ask('GET', '/members/me', { ...wish, origin })).status;
    expect([await answerTo('https://evil.example'), await answerTo(SHOP)]).toEqual([403, 200]);
  });

  it('lets a listed origin read with cookies, and no other', async () => {
    const answerTo = async (origin: string) => (await ask('GET', '/members/me', { cookie: signedIn(), origin })).headers;
    expect(await answerTo(SHOP)).toMatchObject({ 'access-control-allow-origin': SHOP, 'access-control-allow-credentials': 'true' });
    expect(Object.keys(await answerTo('https://evil.example')).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

describe('a cookie that cannot be one of ours', () => {
  it.each(['%0d%0ax-a:b', '%E2%82%AC', '%00'])('is none, and breaks no call to a service: %s', async (value) => {
    const before = now.fleet.commerce.seen.length;
    for (let n = 0; n < 25; n += 1)
      expect((await ask('POST', '/sessions/refresh', { cookie: cookie({ [REFRESH]: value }), origin: now.own })).status).toBe(200);
    expect(now.fleet.commerce.seen.slice(before).map(({ headers }) => headers['x-onsale-refresh-token'])).toEqual(
      Array(25).fill(undefined),
    );
  });
});

describe('the log', () => {
  it('has no cookie in it, at its finest', async () => {
    const secret = 'a-cookie-that-nobody-may-read';
    await ask('GET', '/members/me', { cookie: cookie({ [ACCESS]: secret, [REFRESH]: secret, [`${QUEUE}main`]: secret }) });
    await ask('POST', '/sessions/refresh', { cookie: cookie({ [REFRESH]: secret }), origin: now.own });
    expect(now.fleet.logged.lines()).not.toEqual([]);
    expect(now.fleet.logged.text()).not.toContain(secret);
  });
});
