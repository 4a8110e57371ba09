import { endedSessions } from '@onsale/shared/auth';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { cookie, cookiesOf, headingOf, json, PLAIN_NAMES, SESSION, startFleet, waitingRoomVisits, withProvider } from '../testing/index.ts';

const [ACCESS, REFRESH, QUEUE] = PLAIN_NAMES;
const { now, clock, says, start, begin, stop, newQueue, look, signedIn } = waitingRoomVisits();
beforeAll(start);
beforeEach(begin);
afterAll(stop);

describe('a session whose access token is over', () => {
  it('is renewed by a way round, and keeps where it was', async () => {
    const accessToken = await now.fleet.renewed(now.member);
    says.set('POST /api/v1/sessions/refresh', { status: 201, body: { ...SESSION, accessToken } });
    const queueId = newQueue();
    clock.aheadMs = 601_000;
    const there = await look(`/waiting-room/${queueId}?next=%2Fshop&first=9`, signedIn(queueId));
    expect([there.status, there.headers.location]).toEqual([303, `/api/v1/sessions/waiting-room/${queueId}?next=%2Fshop&first=9`]);
    const back = await look(there.headers.location!, { cookie: cookie({ [ACCESS]: now.member.accessToken, [REFRESH]: 'old-refresh' }) });
    expect([back.status, back.headers.location]).toEqual([303, `/waiting-room/${queueId}?next=%2Fshop&first=9&renewed=1`]);
    expect(cookiesOf(back)).toEqual([`${ACCESS}=${accessToken}`, `${REFRESH}=new-refresh`]);
    expect(JSON.parse(now.fleet.commerce.seen.at(-1)!.body)).toEqual({ refreshToken: 'old-refresh' });
  });

  it.each([
    ['has no refresh token', {}, []],
    ['has ended', { [REFRESH]: 'spent' }, [`${ACCESS}=`, `${REFRESH}=`]],
  ])('that %s comes to the form to sign in, and goes round no more', async (_what, more, forgotten) => {
    says.set('POST /api/v1/sessions/refresh', { status: 401, body: { status: 401, code: 'SESSION_ENDED', detail: '' } });
    const queueId = newQueue();
    clock.aheadMs = 601_000;
    const headers = { cookie: cookie({ [ACCESS]: now.member.accessToken, ...more }) };
    const back = await look(`/api/v1/sessions/waiting-room/${queueId}`, headers);
    expect([back.headers.location, cookiesOf(back)]).toEqual([`/waiting-room/${queueId}?renewed=1`, forgotten]);
    expect(headingOf(await look(back.headers.location!, headers))).toBe('Sign in to join the line');
  });

  it('is not exchanged for another that its refresh cookie is of', async () => {
    says.set('POST /api/v1/sessions/refresh', {
      status: 201,
      body: { ...SESSION, accessToken: await now.fleet.renewed(await now.fleet.signIn()) },
    });
    const queueId = newQueue();
    const headers = { cookie: cookie({ [ACCESS]: now.member.accessToken, [REFRESH]: 'of-eve' }) };
    const back = await look(`/api/v1/sessions/waiting-room/${queueId}`, headers);
    expect([back.headers.location, cookiesOf(back)]).toEqual([`/waiting-room/${queueId}?renewed=1`, []]);
  });

  it('keeps its cookies while commerce is away', async () => {
    says.set('POST /api/v1/sessions/refresh', { status: 503, body: {} });
    const queueId = newQueue();
    const answer = await look(`/api/v1/sessions/waiting-room/${queueId}`, {
      cookie: cookie({ [REFRESH]: 'x', [`${QUEUE}${queueId}`]: 'y' }),
    });
    expect([answer.status, headingOf(answer), cookiesOf(answer)]).toEqual([503, 'One moment, please', []]);
    expect(answer.text).toMatch(/We keep your place/);
  });

  it('and that was ended elsewhere is forgotten', async () => {
    const other = await now.fleet.signIn();
    await endedSessions({ redis: now.fleet.redis, namespace: now.fleet.settings.namespace }).end(other.sessionId);
    const answer = await look(`/waiting-room/${newQueue()}`, { cookie: cookie({ [ACCESS]: other.accessToken }) });
    expect([headingOf(answer), cookiesOf(answer)]).toEqual(['Sign in to join the line', [`${ACCESS}=`, `${REFRESH}=`]]);
  });
});

describe('where members are those of an identity provider', () => {
  it('strangers are sent there, no form of ours takes their password, and nothing is renewed here', async () => {
    const other = await startFleet({
      settings: withProvider({ jwksUrl: ({ replicas }) => new URL('/internal/jwks', replicas.commerce![0]) }),
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
