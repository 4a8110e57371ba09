import type { OutgoingHttpHeaders } from 'node:http';
import type { TokenCheckResult } from '@onsale/contracts/queue';
import { endedSessions } from '@onsale/shared/auth';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { json, startFleet, startStandIn, type Answered, type Fleet, type SignedIn } from '../testing/index.ts';

const [ACCESS, REFRESH, QUEUE] = ['onsale-access', 'onsale-refresh', 'onsale-queue-'];
const SESSION = { accessToken: 'new-access', refreshToken: 'new-refresh', tokenType: 'Bearer', expiresIn: 600, refreshExpiresIn: 3600 };

interface Said {
  readonly status: number;
  readonly body: object;
  readonly headers?: Record<string, string>;
}

let fleet: Fleet;
let member: SignedIn;
const clock = { now: () => new Date(Date.now() + clock.aheadMs), aheadMs: 0 };
/** What the services behind say, by method and path; the gathered checks apart. */
const says = new Map<string, Said>();
const sale = (queueId: string, more: object = {}) =>
  says.set(`GET /api/v1/queues/${queueId}`, { status: 200, body: { id: queueId, state: 'OPEN', waiting: 3, admitted: 1, ...more } });

beforeAll(async () => {
  fleet = await startFleet({ settings: (settings) => ({ ...settings, secureCookies: false }), overrides: { clock } });
  member = await fleet.signIn();
  for (const service of [fleet.queue, fleet.commerce]) {
    const before = service.answering();
    service.answers((seen, res, req) => {
      const said = says.get(`${seen.method} ${seen.url}`);
      if (said === undefined) before(seen, res, req);
      else json(res, said.status, said.body, said.headers);
    });
  }
});
beforeEach(() => {
  clock.aheadMs = 0;
  says.clear();
});
afterAll(() => fleet.stop());

let queues = 0;
/** A queue that no test has looked at before: what is told of it is kept for a second. */
const newQueue = (more: object = {}): string => {
  const queueId = `q${++queues}`;
  sale(queueId, more);
  return queueId;
};

const cookieOf = (all: Record<string, string>): OutgoingHttpHeaders => ({
  cookie: Object.entries(all)
    .map(([name, value]) => `${name}=${value}`)
    .join('; '),
});
const look = (path: string, headers: OutgoingHttpHeaders = {}): Promise<Answered> => fleet.call('GET', path, { headers });
const signedIn = (queueId?: string): OutgoingHttpHeaders =>
  cookieOf({ [ACCESS]: member.accessToken, ...(queueId === undefined ? {} : { [`${QUEUE}${queueId}`]: fleet.tokenFor(member, queueId) }) });
const place = async (result: TokenCheckResult, { search = '', more = {} }: { search?: string; more?: object } = {}) => {
  const queueId = newQueue(more);
  fleet.queueSays(() => result);
  return { queueId, answer: await look(`/waiting-room/${queueId}${search}`, signedIn(queueId)) };
};
const post = (path: string, fields: Record<string, string>, headers: OutgoingHttpHeaders = {}): Promise<Answered> =>
  fleet.call('POST', path, {
    headers: { origin: fleet.url, 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(fields).toString(),
  });
const headingOf = ({ text }: Answered): string | undefined => /<h1[^>]*>([^<]*)<\/h1>/.exec(text)?.[1];
const titleOf = ({ text }: Answered): string | undefined => /<title>([^<]*)<\/title>/.exec(text)?.[1];
const refreshOf = ({ text }: Answered): string | undefined => /<meta http-equiv="refresh" content="([^"]*)"/.exec(text)?.[1];
const cookiesOf = ({ headers }: Answered): string[] => (headers['set-cookie'] ?? []).map((one) => one.split(';', 1)[0]!);

describe('the page of the waiting room', () => {
  it('asks a stranger to sign in, and keeps in mind where they want to go', async () => {
    const answer = await look(`/waiting-room/${newQueue()}?next=${encodeURIComponent('/shop?a=1&b="2"')}`);
    expect([answer.status, headingOf(answer), titleOf(answer)]).toEqual([200, 'Sign in to join the line', 'Sign in – Waiting room']);
    expect(answer.text).toContain('<input type="hidden" name="next" value="/shop?a=1&amp;b=%222%22" />');
  });

  it('offers a member a number', async () => {
    const queueId = newQueue();
    const answer = await look(`/waiting-room/${queueId}`, signedIn());
    expect(headingOf(answer)).toBe('Take a number');
    expect(answer.text).toContain(`<form method="post" action="/waiting-room/${queueId}/place">`);
  });

  it('tells position, wait and progress, and comes back as often as it is told, without a script too', async () => {
    const { queueId, answer } = await place(
      { status: 'WAITING', position: 1234, etaSeconds: 600, pollAfterMs: 4100 },
      { search: '?next=%2Fshop&first=2000' },
    );
    expect([headingOf(answer), titleOf(answer)]).toEqual([
      'You are in line',
      'You are number 1,234 in line, about 10 minutes – Waiting room',
    ]);
    expect(answer.text).toContain('Your position <strong id="position">1,234</strong>');
    expect(answer.text).toMatch(/<label for="progress">[^<]+<\/label>\s*<progress id="progress" max="2000" value="766">/);
    expect(answer.text).toMatch(/role="status" aria-live="polite"><\/p>/);
    expect(answer.text).toContain(
      `<noscript><meta http-equiv="refresh" content="5; url=/waiting-room/${queueId}?next=%2Fshop&amp;first=2000" /></noscript>`,
    );
  });

  it('remembers the farthest position, and believes no other', async () => {
    for (const [first, shown] of [
      ['', 50],
      ['?first=10', 50],
      ['?first=-1', 50],
      ['?first=1e9', 50],
      ['?first=80', 80],
    ] as const)
      expect((await place({ status: 'WAITING', position: 50, pollAfterMs: 1000 }, { search: first })).answer.text).toContain(
        `max="${shown}"`,
      );
  });

  it('tells of a pause and of the operator’s message, as text', async () => {
    const { answer } = await place(
      { status: 'WAITING', position: 2, etaSeconds: 5, pollAfterMs: 1000 },
      { more: { state: 'PAUSED', message: '<script>alert("x")</script> & more' } },
    );
    expect(answer.text).toContain('Admission is paused for the moment. You keep your place.');
    expect(answer.text).toMatch(/<p class="message" id="message" ?>&lt;script&gt;alert\(&quot;x&quot;\)&lt;\/script&gt; &amp; more<\/p>/);
    expect(answer.text).not.toContain('<script>alert');
  });

  it('waits with those who are there before the opening', async () => {
    const opensAt = '2027-01-01T20:00:00.000Z';
    const { answer } = await place({ status: 'PREQUEUE', pollAfterMs: 9000 }, { more: { state: 'PREQUEUE', opensAt } });
    expect([headingOf(answer), titleOf(answer)]).toEqual(['You are in before the opening', 'The sale has not opened yet – Waiting room']);
    expect(answer.text).toMatch(/put in order by a draw/);
    const before = await look(`/waiting-room/${newQueue({ state: 'PREQUEUE', opensAt })}`, signedIn());
    expect(headingOf(before)).toBe('Take a number');
    for (const { text } of [answer, before])
      expect(text).toContain(`The sale opens at <time data-date="1" datetime="${opensAt}">January 1, 2027, 20:00 UTC</time>`);
  });

  it('lets whoever is admitted go on by itself, and by a link', async () => {
    const { answer } = await place(
      { status: 'ADMITTED', remainingMs: 60_000, admittedUntil: '2027-01-01T20:10:00.000Z' },
      { search: '?next=%2Fshop%3Fa%3D1' },
    );
    expect([headingOf(answer), refreshOf(answer)]).toEqual(['It is your turn', '3; url=/shop?a=1']);
    expect(answer.text).toContain('<a class="button" href="/shop?a=1">Go on now</a>');
    expect(answer.text).toContain('<time datetime="2027-01-01T20:10:00.000Z">20:10 UTC</time>');
  });

  it.each(['//evil.example', 'https://evil.example', '/\\evil.example', '/.//evil.example', 'javascript:alert(1)'])(
    'sends nobody to %s',
    async (next) => {
      const { answer } = await place({ status: 'ADMITTED', remainingMs: 60_000 }, { search: `?next=${encodeURIComponent(next)}` });
      expect([headingOf(answer), refreshOf(answer)]).toEqual(['It is your turn', undefined]);
      expect(answer.text).not.toMatch(/evil|alert/);
    },
  );

  it.each([
    ['EXPIRED', 'Your time inside is over', true],
    ['LEFT', 'You have left the line', true],
    ['COMPLETED', 'You are done here', true],
    ['REVOKED', 'Your place was taken back', false],
  ] as const)('tells that a place is %s, and how to queue again where that is so', async (status, heading, again) => {
    const { answer } = await place({ status });
    expect([headingOf(answer), /Take a new number/.test(answer.text)]).toEqual([heading, again]);
  });

  it('tells who waits for nothing that the sale is closed', async () => {
    const { answer } = await place({ status: 'WAITING', position: 2, pollAfterMs: 1000 }, { more: { state: 'CLOSED' } });
    expect([headingOf(answer), refreshOf(answer)]).toEqual(['The sale is closed', undefined]);
    expect(headingOf(await look(`/waiting-room/${newQueue({ state: 'CLOSED' })}`, signedIn()))).toBe('The sale is closed');
  });

  it.each([
    ['void', (queueId: string) => fleet.tokenFor(member, queueId)],
    ['of another member', (queueId: string) => fleet.tokenFor({ id: 'somebody else' }, queueId)],
    ['not ours', () => 'nonsense'],
  ])('offers a number to whose token is %s', async (_what, tokenOf) => {
    const queueId = newQueue();
    fleet.queueSays(() => ({ status: 'INVALID' }));
    const value = tokenOf(queueId);
    const answer = await look(`/waiting-room/${queueId}`, cookieOf({ [ACCESS]: member.accessToken, [`${QUEUE}${queueId}`]: value }));
    expect(headingOf(answer)).toBe('Take a number');
  });

  it('keeps the place of everybody while the queue is away, and comes back', async () => {
    const queueId = newQueue();
    await look(`/waiting-room/${queueId}`);
    const before = fleet.queue.answering();
    fleet.queue.answers((_seen, res) => res.destroy());
    const answer = await look(`/waiting-room/${queueId}`, signedIn(queueId));
    fleet.queue.answers(before);
    expect([answer.status, headingOf(answer)]).toEqual([503, 'One moment, please']);
    expect(answer.text).toMatch(/We keep your place/);
    expect(refreshOf(answer)).toMatch(new RegExp(`^[2-5]; url=/waiting-room/${queueId}$`));
    expect(answer.headers['retry-after']).toBe(refreshOf(answer)![0]);
  });

  it.each([
    ['/waiting-room/none', 404, 'There is no such waiting room'],
    ['/waiting-room/NOT-AN-ID', 404, 'There is no such waiting room'],
    ['/waiting-room/%2e%2e', 404, 'There is no such waiting room'],
    [`/waiting-room/${'x'.repeat(41)}`, 404, 'There is no such waiting room'],
    ['/waiting-room/', 404, 'There is no such waiting room'],
    ['/waiting-room/a/b/c', 404, 'There is no such waiting room'],
    ['/waiting-room/assets/page-000000000000.js', 404, 'There is no such waiting room'],
    ['/waiting-room/a/place', 405, 'This did not work'],
  ])('answers %s with a page: %i', async (path, status, heading) => {
    says.set('GET /api/v1/queues/none', { status: 404, body: { status: 404, code: 'NOT_FOUND', detail: 'x' } });
    const answer = await look(path);
    expect([answer.status, headingOf(answer), answer.headers['content-type']]).toEqual([status, heading, 'text/html; charset=utf-8']);
  });

  it('asks the queue for its sale once a second, and for each look one gathered check', async () => {
    const queueId = newQueue();
    const asked = () => fleet.queue.seen.filter(({ url }) => url.endsWith(`/queues/${queueId}`)).length;
    const before = fleet.queue.seen.length;
    fleet.queueSays(() => ({ status: 'WAITING', position: 1, pollAfterMs: 1000 }));
    const began = performance.now();
    await Promise.all(Array.from({ length: 20 }, () => look(`/waiting-room/${queueId}`, signedIn(queueId))));
    const seconds = Math.ceil((performance.now() - began) / 1000);
    expect(asked()).toBeLessThanOrEqual(seconds + 1);
    expect(fleet.queue.seen.slice(before).every(({ url }) => url.endsWith(`/queues/${queueId}`) || url === '/internal/tokens/check')).toBe(
      true,
    );
  });

  it('is small, is kept by nobody, and takes nothing from elsewhere', async () => {
    const { answer } = await place({ status: 'WAITING', position: 1, pollAfterMs: 1000 });
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    });
    const files = [...answer.text.matchAll(/(?:src|href)="(\/waiting-room\/assets\/[^"]+)"/g)].map(([, path]) => path!);
    expect(files).toEqual([expect.stringMatching(/page-[\w-]{12}\.css$/), expect.stringMatching(/page-[\w-]{12}\.js$/)]);
    const assets = await Promise.all(files.map((path) => look(path)));
    for (const { status, headers } of assets)
      expect([status, headers['cache-control']]).toEqual([200, 'public, max-age=31536000, immutable']);
    expect(assets.map(({ headers }) => headers['content-type'])).toEqual(['text/css; charset=utf-8', 'text/javascript; charset=utf-8']);
    expect([answer, ...assets].reduce((sum, { text }) => sum + text.length, 0)).toBeLessThan(20_000);
    expect(answer.text).not.toMatch(/https?:|style=|<script>| on\w+="/);
  });
});

describe('the form to sign in', () => {
  const sessionSays = (status: number, body: object, headers = {}) => says.set('POST /api/v1/sessions', { status, body, headers });
  const submit = (queueId: string, fields: Record<string, string> = {}, headers: OutgoingHttpHeaders = {}) =>
    post(`/waiting-room/${queueId}/session`, { email: 'ada@example.com', password: 'a password', next: '/shop', ...fields }, headers);

  it('signs in, and goes back to the page', async () => {
    sessionSays(201, SESSION);
    const queueId = newQueue();
    const answer = await submit(queueId, {}, cookieOf({ [`${QUEUE}old`]: 'x' }));
    expect([answer.status, answer.headers.location]).toEqual([303, `/waiting-room/${queueId}?next=%2Fshop`]);
    expect(cookiesOf(answer)).toEqual([`${QUEUE}old=`, `${ACCESS}=new-access`, `${REFRESH}=new-refresh`]);
    const seen = fleet.commerce.seen.at(-1)!;
    expect(JSON.parse(seen.body)).toEqual({ email: 'ada@example.com', password: 'a password' });
    expect(await fleet.principalOf(seen)).toEqual({ kind: 'anonymous' });
  });

  it.each([
    ['INVALID_CREDENTIALS', 401, 401, 'No member has this email and this password.'],
    ['VALIDATION_FAILED', 400, 401, 'No member has this email and this password.'],
    ['RATE_LIMITED', 429, 429, 'That was tried too often.'],
    ['OVERLOADED', 503, 503, 'Too many sign in at this moment.'],
  ])('says so when commerce answers %s', async (code, status, shown, words) => {
    sessionSays(status, { status, code, detail: '' });
    const answer = await submit(newQueue(), { email: '"><b>@x' });
    expect([answer.status, cookiesOf(answer)]).toEqual([shown, []]);
    expect(answer.text).toContain(`role="alert" id="failure">${words}`);
    expect(answer.text).toContain('value="&quot;&gt;&lt;b&gt;@x"');
    expect(answer.text).not.toContain('a password');
  });

  it('asks one replica, whose refusal is the answer', async () => {
    const [first, second] = await Promise.all([startStandIn(), startStandIn()]);
    const two = await startFleet({
      settings: (settings) => ({
        ...settings,
        secureCookies: false,
        replicas: { ...settings.replicas, commerce: [first.url, second.url] },
      }),
    });
    try {
      for (const replica of [first, second]) replica.answers((_seen, res) => json(res, 401, { status: 401, code: 'INVALID_CREDENTIALS' }));
      const headers = { origin: two.url, 'content-type': 'application/x-www-form-urlencoded' };
      const answer = await two.call('POST', '/waiting-room/main/session', { headers, body: 'email=a&password=b' });
      expect(answer.status).toBe(401);
      expect([...first.seen, ...second.seen].filter(({ url }) => url === '/api/v1/sessions')).toHaveLength(1);
    } finally {
      await two.stop();
      await Promise.all([first.stop(), second.stop()]);
    }
  });

  it('goes nowhere else', async () => {
    sessionSays(201, SESSION);
    const queueId = newQueue();
    expect((await submit(queueId, { next: '//evil.example' })).headers.location).toBe(`/waiting-room/${queueId}`);
  });

  it.each([
    ['another site', { origin: 'https://evil.example' }, 403],
    ['a page that hides where it is from', { origin: 'null' }, 403],
    ['what is no form', { 'content-type': 'application/json' }, 415],
  ])('is not taken from %s', async (_what, headers, status) => {
    sessionSays(201, SESSION);
    const signIns = () => fleet.commerce.seen.filter(({ url }) => url !== '/internal/jwks').length; // keys are asked for at any time
    const before = signIns();
    const answer = await submit(newQueue(), {}, headers);
    expect([answer.status, headingOf(answer), cookiesOf(answer)]).toEqual([status, 'This did not work', []]);
    expect(signIns()).toBe(before);
  });

  it('is not taken when it is too large', async () => {
    expect((await submit(newQueue(), { email: 'x'.repeat(20_000) })).status).toBe(413);
  });
});

describe('the form to take a number', () => {
  const placeSays = (queueId: string, status: number, body: object, headers = {}) =>
    says.set(`POST /api/v1/queues/${queueId}/tokens`, { status, body, headers });
  const take = (queueId: string, headers: OutgoingHttpHeaders = signedIn()) =>
    post(`/waiting-room/${queueId}/place`, { next: '/shop' }, headers);

  it('takes one for the member, and keeps it in a cookie', async () => {
    const queueId = newQueue();
    const token = fleet.tokenFor(member, queueId);
    placeSays(queueId, 201, { token, queueId, number: 1, lane: 'standard', status: 'WAITING', position: 1 });
    const answer = await take(queueId);
    expect([answer.status, answer.headers.location, cookiesOf(answer)]).toEqual([
      303,
      `/waiting-room/${queueId}?next=%2Fshop`,
      [`${QUEUE}${queueId}=${token}`],
    ]);
    expect(await fleet.principalOf(fleet.queue.seen.at(-1)!)).toMatchObject({ kind: 'member', member: { id: member.id } });
  });

  it('shows the place that the browser holds first, as a lost line puts it back by it, and goes without where it cannot', async () => {
    for (const away of [false, true]) {
      const queueId = newQueue();
      placeSays(queueId, 201, { token: fleet.tokenFor(member, queueId), queueId, number: 1, lane: 'standard', status: 'WAITING' });
      if (away) says.set('POST /internal/tokens/check', { status: 500, body: {} });
      const before = fleet.queue.seen.length;
      expect((await take(queueId, signedIn(queueId))).status).toBe(303);
      expect(fleet.queue.seen.slice(before).map(({ url }) => url)).toEqual(['/internal/tokens/check', `/api/v1/queues/${queueId}/tokens`]);
    }
  });

  it('tells when the waiting room is full, and can be sent again', async () => {
    const queueId = newQueue();
    placeSays(queueId, 503, { status: 503, code: 'QUEUE_FULL', detail: '' }, { 'retry-after': '25' });
    const answer = await take(queueId);
    expect([answer.status, headingOf(answer), answer.headers['retry-after']]).toEqual([503, 'The waiting room is full', '25']);
    expect(answer.text).toMatch(/<form method="post"[^]*<button>Try again<\/button>/);
  });

  it('tells when the sale is closed', async () => {
    const queueId = newQueue();
    placeSays(queueId, 403, { status: 403, code: 'QUEUE_CLOSED', detail: '' });
    expect(headingOf(await take(queueId))).toBe('The sale is closed');
  });

  it('leads a stranger to the form to sign in, and takes nothing for another site', async () => {
    const queueId = newQueue();
    const asked = () => fleet.queue.seen.filter(({ url }) => url.endsWith('/tokens')).length;
    const before = asked();
    expect((await take(queueId, {})).headers.location).toBe(`/waiting-room/${queueId}?next=%2Fshop`);
    expect((await take(queueId, { ...signedIn(), origin: 'https://evil.example' })).status).toBe(403);
    expect(asked()).toBe(before);
  });
});

describe('a session whose access token is over', () => {
  it('is renewed by a way round, and keeps where it was', async () => {
    const accessToken = await fleet.renewed(member);
    says.set('POST /api/v1/sessions/refresh', { status: 201, body: { ...SESSION, accessToken } });
    const queueId = newQueue();
    clock.aheadMs = 601_000;
    const there = await look(`/waiting-room/${queueId}?next=%2Fshop&first=9`, signedIn(queueId));
    expect([there.status, there.headers.location]).toEqual([303, `/api/v1/sessions/waiting-room/${queueId}?next=%2Fshop&first=9`]);
    const back = await look(there.headers.location!, cookieOf({ [ACCESS]: member.accessToken, [REFRESH]: 'old-refresh' }));
    expect([back.status, back.headers.location]).toEqual([303, `/waiting-room/${queueId}?next=%2Fshop&first=9&renewed=1`]);
    expect(cookiesOf(back)).toEqual([`${ACCESS}=${accessToken}`, `${REFRESH}=new-refresh`]);
    expect(JSON.parse(fleet.commerce.seen.at(-1)!.body)).toEqual({ refreshToken: 'old-refresh' });
  });

  it.each([
    ['has no refresh token', {}, []],
    ['has ended', { [REFRESH]: 'spent' }, [`${ACCESS}=`, `${REFRESH}=`]],
  ])('that %s comes to the form to sign in, and goes round no more', async (_what, more, forgotten) => {
    says.set('POST /api/v1/sessions/refresh', { status: 401, body: { status: 401, code: 'SESSION_ENDED', detail: '' } });
    const queueId = newQueue();
    clock.aheadMs = 601_000;
    const headers = cookieOf({ [ACCESS]: member.accessToken, ...more });
    const back = await look(`/api/v1/sessions/waiting-room/${queueId}`, headers);
    expect([back.headers.location, cookiesOf(back)]).toEqual([`/waiting-room/${queueId}?renewed=1`, forgotten]);
    expect(headingOf(await look(back.headers.location!, headers))).toBe('Sign in to join the line');
  });

  it('is not exchanged for another that its refresh cookie is of', async () => {
    says.set('POST /api/v1/sessions/refresh', {
      status: 201,
      body: { ...SESSION, accessToken: await fleet.renewed(await fleet.signIn()) },
    });
    const queueId = newQueue();
    const headers = cookieOf({ [ACCESS]: member.accessToken, [REFRESH]: 'of-eve' });
    const back = await look(`/api/v1/sessions/waiting-room/${queueId}`, headers);
    expect([back.headers.location, cookiesOf(back)]).toEqual([`/waiting-room/${queueId}?renewed=1`, []]);
  });

  it('keeps its cookies while commerce is away', async () => {
    says.set('POST /api/v1/sessions/refresh', { status: 503, body: {} });
    const queueId = newQueue();
    const answer = await look(`/api/v1/sessions/waiting-room/${queueId}`, cookieOf({ [REFRESH]: 'x', [`${QUEUE}${queueId}`]: 'y' }));
    expect([answer.status, headingOf(answer), cookiesOf(answer)]).toEqual([503, 'One moment, please', []]);
    expect(answer.text).toMatch(/We keep your place/);
  });

  it('and that was ended elsewhere is forgotten', async () => {
    const other = await fleet.signIn();
    await endedSessions({ redis: fleet.redis, namespace: fleet.settings.namespace }).end(other.sessionId);
    const answer = await look(`/waiting-room/${newQueue()}`, cookieOf({ [ACCESS]: other.accessToken }));
    expect([headingOf(answer), cookiesOf(answer)]).toEqual(['Sign in to join the line', [`${ACCESS}=`, `${REFRESH}=`]]);
  });
});

describe('where members are those of an identity provider', () => {
  it('strangers are sent there, no form of ours takes their password, and nothing is renewed here', async () => {
    const tokens = {
      issuer: 'https://id.example/',
      audience: 'shop',
      algorithms: ['EdDSA' as const],
      memberClaim: 'sub',
      roleClaim: undefined,
      operatorRole: 'staff',
      lanesClaim: undefined,
    };
    const other = await startFleet({
      settings: (settings) => ({
        ...settings,
        replicas: { queue: settings.replicas.queue, reservation: undefined, payment: undefined, commerce: undefined },
        identity: { jwksUrl: new URL('/internal/jwks', settings.replicas.commerce![0]), deadlineMs: 10_000, tokens },
      }),
    });
    try {
      other.queue.answers((_seen, res) => json(res, 200, { id: 'main', state: 'OPEN', waiting: 0, admitted: 0 }));
      const page = await other.call('GET', '/waiting-room/main?next=%2Fshop');
      expect([page.status, headingOf(page), page.text.includes('<form')]).toEqual([200, 'Sign in to join the line', false]);
      expect(page.text).toContain('<a href="/waiting-room/main?next=%2Fshop">come back to this page</a>');
      const origin = `https://${new URL(other.url).host}`;
      const headers = { origin, 'content-type': 'application/x-www-form-urlencoded' };
      expect((await other.call('POST', '/waiting-room/main/session', { headers, body: 'email=a&password=b' })).status).toBe(404);
      const renewal = await other.call('GET', '/api/v1/sessions/waiting-room/main', { headers: { cookie: '__Secure-onsale-refresh=x' } });
      expect([renewal.status, cookiesOf(renewal)]).toEqual([303, []]);
    } finally {
      await other.stop();
    }
  });
});
