import type { OutgoingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { cookie, cookiesOf, headingOf, json, PLAIN_NAMES, SESSION, startFleet, startStandIn, waitingRoomVisits } from '../testing/index.ts';

const [ACCESS, REFRESH, QUEUE] = PLAIN_NAMES;
const { now, says, start, begin, stop, newQueue, signedIn, post } = waitingRoomVisits();
beforeAll(start);
beforeEach(begin);
afterAll(stop);

describe('the form to sign in', () => {
  const sessionSays = (status: number, body: object, headers = {}) => says.set('POST /api/v1/sessions', { status, body, headers });
  const submit = (queueId: string, fields: Record<string, string> = {}, headers: OutgoingHttpHeaders = {}) =>
    post(`/waiting-room/${queueId}/session`, { email: 'ada@example.com', password: 'a password', next: '/shop', ...fields }, headers);

  it('signs in, and goes back to the page', async () => {
    sessionSays(201, SESSION);
    const queueId = newQueue();
    const answer = await submit(queueId, {}, { cookie: cookie({ [`${QUEUE}old`]: 'x' }) });
    expect([answer.status, answer.headers.location]).toEqual([303, `/waiting-room/${queueId}?next=%2Fshop`]);
    expect(cookiesOf(answer)).toEqual([`${QUEUE}old=`, `${ACCESS}=new-access`, `${REFRESH}=new-refresh`]);
    const seen = now.fleet.commerce.seen.at(-1)!;
    expect(JSON.parse(seen.body)).toEqual({ email: 'ada@example.com', password: 'a password' });
    expect(await now.fleet.principalOf(seen)).toEqual({ kind: 'anonymous' });
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
    const signIns = () => now.fleet.commerce.seen.filter(({ url }) => url !== '/internal/jwks').length; // keys are asked for at any time
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
    const token = now.fleet.tokenFor(now.member, queueId);
    placeSays(queueId, 201, { token, queueId, number: 1, lane: 'standard', status: 'WAITING', position: 1 });
    const answer = await take(queueId);
    expect([answer.status, answer.headers.location, cookiesOf(answer)]).toEqual([
      303,
      `/waiting-room/${queueId}?next=%2Fshop`,
      [`${QUEUE}${queueId}=${token}`],
    ]);
    expect(await now.fleet.principalOf(now.fleet.queue.seen.at(-1)!)).toMatchObject({ kind: 'member', member: { id: now.member.id } });
  });

  it('shows the place that the browser holds first, as a lost line puts it back by it, and goes without where it cannot', async () => {
    for (const away of [false, true]) {
      const queueId = newQueue();
      placeSays(queueId, 201, { token: now.fleet.tokenFor(now.member, queueId), queueId, number: 1, lane: 'standard', status: 'WAITING' });
      if (away) says.set('POST /internal/tokens/check', { status: 500, body: {} });
      const before = now.fleet.queue.seen.length;
      expect((await take(queueId, signedIn(queueId))).status).toBe(303);
      expect(now.fleet.queue.seen.slice(before).map(({ url }) => url)).toEqual([
        '/internal/tokens/check',
        `/api/v1/queues/${queueId}/tokens`,
      ]);
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
    const asked = () => now.fleet.queue.seen.filter(({ url }) => url.endsWith('/tokens')).length;
    const before = asked();
    expect((await take(queueId, {})).headers.location).toBe(`/waiting-room/${queueId}?next=%2Fshop`);
    expect((await take(queueId, { ...signedIn(), origin: 'https://evil.example' })).status).toBe(403);
    expect(asked()).toBe(before);
  });
});
