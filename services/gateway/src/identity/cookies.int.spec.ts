import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { OutgoingHttpHeaders } from 'node:http';
import { memberHash } from '@onsale/shared/auth';
import { as, json, startFleet, type Answered, type Fleet, type SignedIn } from '../testing/index.ts';

const SHOP = 'https://shop.example';
const [ACCESS, REFRESH, QUEUE] = ['__Host-onsale-access', '__Secure-onsale-refresh', '__Host-onsale-queue-'];

let fleet: Fleet;
let member: SignedIn;
let own: string;
beforeAll(async () => {
  fleet = await startFleet({ settings: (settings) => ({ ...settings, corsOrigins: [SHOP] }) });
  member = await fleet.signIn();
  own = `https://${new URL(fleet.url).host}`;
});
beforeEach(() => fleet.queueSays(() => ({ status: 'ADMITTED', remainingMs: 60_000 })));
afterAll(() => fleet.stop());

const setCookies = ({ headers }: Answered): string[] => headers['set-cookie'] ?? [];
const cookie = (all: Record<string, string>): string =>
  Object.entries(all)
    .map(([name, value]) => `${name}=${value}`)
    .join('; ');
const signedIn = (more: Record<string, string> = {}): string => cookie({ [ACCESS]: member.accessToken, ...more });
const ask = (method: string, path: string, headers: OutgoingHttpHeaders, body?: object) =>
  fleet.call(method, `/api/v1${path}`, { headers, ...(body && { body }) });

const session = { accessToken: 'new-access', refreshToken: 'new-refresh', tokenType: 'Bearer', expiresIn: 600, refreshExpiresIn: 3600 };
const commerceAnswers = (status: number, body: object) => {
  const before = fleet.commerce.answering();
  fleet.commerce.answers((seen, res, req) =>
    seen.url === '/internal/jwks' ? before(seen, res, req) : status === 204 ? void res.writeHead(204).end() : json(res, status, body),
  );
  return () => fleet.commerce.answers(before);
};

describe('a session in cookies', () => {
  it('begins with tokens that no script can read, and that are nowhere else', async () => {
    const undo = commerceAnswers(201, { ...session, transport: 'cookie' });
    const answer = await ask(
      'POST',
      '/sessions',
      { cookie: `${QUEUE}old=x`, origin: own },
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
    const undo = commerceAnswers(201, session);
    const answer = await ask('POST', '/sessions', {}, { email: 'a@b.c', password: 'x' });
    undo();
    expect([answer.json, setCookies(answer)]).toEqual([session, []]);
  });

  it('is the same caller as by header, and no cookie reaches a service', async () => {
    expect((await ask('GET', '/members/me/wallet', { cookie: signedIn({ other: 'x' }) })).status).toBe(200);
    const seen = fleet.payment.seen.at(-1)!;
    expect(await fleet.principalOf(seen)).toMatchObject({ kind: 'member', member: { id: member.id, sessionId: member.sessionId } });
    expect(seen.headers).not.toHaveProperty('cookie');
    expect(JSON.stringify(seen.headers)).not.toContain(member.accessToken);
  });

  it('is nothing beside a header, which wins', async () => {
    const other = await fleet.signIn();
    const headers = { ...as(other), cookie: signedIn(), 'idempotency-key': 'k' };
    expect((await ask('POST', '/members/me/wallet/charges', headers, { amount: 1 })).status).toBe(200); // and needs no origin then
    expect(await fleet.principalOf(fleet.payment.seen.at(-1)!)).toMatchObject({ member: { id: other.id } });
    expect((await ask('GET', '/members/me', { authorization: 'Bearer x', cookie: signedIn() })).status).toBe(401);
  });

  it('is refreshed by its cookie, which commerce alone is told', async () => {
    const accessToken = await fleet.renewed(member);
    const undo = commerceAnswers(201, { ...session, accessToken, transport: 'cookie' });
    const answer = await ask('POST', '/sessions/refresh', { cookie: signedIn({ [REFRESH]: 'old-refresh' }), origin: own });
    undo();
    const seen = fleet.commerce.seen.at(-1)!;
    expect([seen.headers['x-onsale-refresh-token'], seen.headers.cookie, seen.body]).toEqual(['old-refresh', undefined, '']);
    expect(setCookies(answer)).toEqual([expect.stringContaining(accessToken), expect.stringContaining('new-refresh')]);
    expect(answer.json).not.toHaveProperty('refreshToken');
  });

  it('is not exchanged for that of a refresh cookie which a sibling of our host has set', async () => {
    const eve = await fleet.signIn();
    const other = { ...member, sessionId: eve.sessionId };
    for (const [held, accessToken] of [
      [{ [ACCESS]: member.accessToken }, await fleet.renewed(eve)],
      [{ [ACCESS]: member.accessToken }, await fleet.renewed(other)],
      [{ [ACCESS]: 'unreadable' }, await fleet.renewed(member)],
      [{}, await fleet.renewed(eve)],
    ] as const) {
      const undo = commerceAnswers(201, { ...session, accessToken, transport: 'cookie' });
      const answer = await ask('POST', '/sessions/refresh', { cookie: cookie({ ...held, [REFRESH]: 'of-eve' }), origin: own });
      undo();
      expect([answer.status, answer.json?.['code'], setCookies(answer)]).toEqual([401, 'SESSION_ENDED', []]);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
      expect(answer.text).not.toContain(accessToken);
    }
  });

  it('hands its refresh token on to no other route, and takes none from outside', async () => {
    await ask('GET', '/members/me', { cookie: signedIn({ [REFRESH]: 'old-refresh' }), 'x-onsale-refresh-token': 'forged' });
    expect(fleet.commerce.seen.at(-1)!.headers).not.toHaveProperty('x-onsale-refresh-token');
    await ask('POST', '/sessions/refresh', { 'x-onsale-refresh-token': 'forged' });
    expect(fleet.commerce.seen.at(-1)!.headers).not.toHaveProperty('x-onsale-refresh-token');
  });

  it.each([
    ['is signed out', 'DELETE', '/sessions', 204],
    ['could not be refreshed', 'POST', '/sessions/refresh', 401],
  ])('is gone from the browser when it %s, its places in line with it', async (_how, method, path, status) => {
    const undo = commerceAnswers(status, { status, code: 'SESSION_ENDED' });
    const answer = await ask(method, path, { cookie: signedIn({ [REFRESH]: 'x', [`${QUEUE}main`]: 'y' }), origin: own });
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
    for (const origin of [own, SHOP]) expect((await charge({ origin })).status).toBe(200);
  });

  it.each([
    ['another site', { origin: 'https://evil.example' }],
    ['a site that is named like ours', { origin: `${SHOP}.evil.example` }],
    ['our host without HTTPS', { origin: 'http://127.0.0.1' }],
    ['a page that hides where it is from', { origin: 'null' }],
    ['nobody knows where', {}],
  ])('does nothing for %s', async (_what, headers) => {
    const before = fleet.reached();
    const answer = await charge(headers);
    expect([answer.status, answer.json?.['code']]).toEqual([403, 'ORIGIN_NOT_ALLOWED']);
    expect(fleet.reached()).toBe(before);
  });

  it.each([
    ['DELETE', '/sessions', ACCESS],
    ['POST', '/sessions/refresh', REFRESH],
    ['POST', '/queues/main/tokens', ACCESS],
    ['DELETE', '/queues/main/tokens/current', `${QUEUE}main`],
  ])('does not %s %s for another site', async (method, path, name) => {
    const answer = await ask(method, path, { cookie: cookie({ [name]: member.accessToken }), origin: 'https://evil.example' });
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
    const before = fleet.commerce.seen.length;
    for (let n = 0; n < 25; n += 1)
      expect((await ask('POST', '/sessions/refresh', { cookie: cookie({ [REFRESH]: value }), origin: own })).status).toBe(200);
    expect(fleet.commerce.seen.slice(before).map(({ headers }) => headers['x-onsale-refresh-token'])).toEqual(Array(25).fill(undefined));
  });
});

describe('a place in line in a cookie', () => {
  const token = (queueId: string) => fleet.tokenFor(member, queueId);
  const numberOf = async (seen = fleet.reservation.seen.at(-1)!) => {
    const principal = await fleet.principalOf(seen);
    return principal.kind === 'member' ? principal.admission?.queueId : undefined;
  };
  const seats = (cookies: Record<string, string>, headers: OutgoingHttpHeaders = {}) =>
    ask('GET', '/schedules/01890a5d-ac96-774b-bcce-b302099a8057/seats', { cookie: signedIn(cookies), ...headers });
  const placeOf = (queueId: string) => ({ [`${QUEUE}${queueId}`]: token(queueId) });

  const issue = async (headers: OutgoingHttpHeaders) => {
    const before = fleet.queue.answering();
    const given = { token: token('main'), queueId: 'main', number: 7, lane: 'standard', status: 'WAITING', position: 3, message: 'Soon.' };
    fleet.queue.answers((seen, res, req) => {
      if (seen.url === '/internal/tokens') return json(res, 200, { given: [{ created: true, token: given }] });
      return seen.url.endsWith('/tokens') ? json(res, 201, given) : before(seen, res, req);
    });
    const answer = await ask('POST', '/queues/main/tokens', headers);
    fleet.queue.answers(before);
    return { answer, given };
  };

  it('is left out of the body, and sent back by itself', async () => {
    const { answer, given } = await issue({ cookie: signedIn(), origin: own });
    const { token: _token, ...shown } = given;
    expect([answer.status, answer.json]).toEqual([201, shown]);
    expect(setCookies(answer)).toEqual([`${QUEUE}main=${given.token}; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax`]);
    expect((await ask('GET', '/queues/main/tokens/current', { cookie: signedIn({ [`${QUEUE}main`]: given.token }) })).json).toMatchObject({
      status: 'ADMITTED',
    });
  });

  it('is shown before another number is taken, which a line that was lost puts it back by', async () => {
    const before = fleet.queue.seen.length;
    expect((await issue({ cookie: signedIn(placeOf('main')), origin: own })).answer.status).toBe(201);
    expect(fleet.queue.seen.slice(before).map(({ url }) => url)).toEqual(['/internal/tokens/check', '/api/v1/queues/main/tokens']);
  });

  it('refuses no number where it cannot be looked at, and is not shown where it is none of the member’s', async () => {
    const before = fleet.queue.answering();
    fleet.queue.answers((seen, res, req) => (seen.url === '/internal/tokens/check' ? json(res, 500, {}) : before(seen, res, req)));
    expect((await issue({ cookie: signedIn(placeOf('main')), origin: own })).answer.status).toBe(201);
    fleet.queue.answers(before);
    const checks = fleet.checks().length;
    for (const held of ['not one of ours', fleet.tokenFor({ id: 'another' }, 'main'), token('other')])
      expect((await issue({ cookie: signedIn({ [`${QUEUE}main`]: held }), origin: own })).answer.status).toBe(201);
    expect(fleet.checks()).toHaveLength(checks);
  });

  it('is in the body for whoever signs in by header', async () => {
    const { answer, given } = await issue({ ...as(member), cookie: signedIn() });
    expect([answer.json, setCookies(answer)]).toEqual([given, []]);
  });

  it('takes the place of the oldest where a browser has eight', async () => {
    const eight = Object.fromEntries(
      Array.from({ length: 8 }, (_, i) => [`${QUEUE}q${i}`, fleet.tokenFor(member, `q${i}`, { issuedAt: 100 + i })]),
    );
    eight[`${QUEUE}odd`] = 'not one of ours';
    const { answer } = await issue({ cookie: signedIn(eight), origin: own });
    expect(setCookies(answer).map((one) => one.split('; ').slice(0, 2))).toEqual([
      [`${QUEUE}q0=`, 'Max-Age=0'],
      [`${QUEUE}odd=`, 'Max-Age=0'],
      [expect.stringMatching(/^__Host-onsale-queue-main=1\./), 'Max-Age=604800'],
    ]);
  });

  it('goes away with leaving', async () => {
    const undo = fleet.queue.answering();
    fleet.queue.answers((_seen, res) => res.writeHead(204).end());
    const answer = await ask('DELETE', '/queues/main/tokens/current', { cookie: signedIn(placeOf('main')), origin: own });
    fleet.queue.answers(undo);
    expect(setCookies(answer)).toEqual([expect.stringMatching(/^__Host-onsale-queue-main=; Max-Age=0/)]);
  });

  it('is the only one, or the one that Queue-Id names, where the path has none', async () => {
    expect((await seats(placeOf('main'))).status).toBe(200);
    expect(await numberOf()).toBe('main');
    const both = { ...placeOf('main'), ...placeOf('other') };
    expect((await seats(both, { 'queue-id': 'other' })).status).toBe(200);
    expect(await numberOf()).toBe('other');
    expect((await seats(both)).json).toMatchObject({
      status: 401,
      code: 'QUEUE_TOKEN_REQUIRED',
      detail: expect.stringMatching(/main, other/),
    });
    expect((await seats(both, { 'queue-id': 'third' })).json).toMatchObject({ code: 'QUEUE_TOKEN_REQUIRED' });
  });

  it('is nothing beside a Queue-Token header', async () => {
    expect((await seats(placeOf('main'), { 'queue-token': token('other') })).status).toBe(200);
    expect(await numberOf()).toBe('other');
  });

  it('is of its member alone', async () => {
    const foreign = fleet.tokenFor({ id: memberHash('somebody else') });
    expect((await seats({ [`${QUEUE}main`]: foreign })).json).toMatchObject({ status: 403, code: 'QUEUE_TOKEN_FOREIGN' });
  });
});

describe('the log', () => {
  it('has no cookie in it, at its finest', async () => {
    const secret = 'a-cookie-that-nobody-may-read';
    await ask('GET', '/members/me', { cookie: cookie({ [ACCESS]: secret, [REFRESH]: secret, [`${QUEUE}main`]: secret }) });
    await ask('POST', '/sessions/refresh', { cookie: cookie({ [REFRESH]: secret }), origin: own });
    expect(fleet.logged.lines()).not.toEqual([]);
    expect(fleet.logged.text()).not.toContain(secret);
  });
});
