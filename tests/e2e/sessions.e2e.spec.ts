import type { CallProblem } from '@onsale/contracts';
import { readMe, refreshSession, signIn, signOut, signUp, tokensOf, type TokenSession } from '@onsale/contracts/commerce';
import { publicKeys } from '@onsale/contracts/gateway';
import { newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { outcomeOf, tally } from '../kit/outcome.ts';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startTestFleet({ settings: { commerce: { ONSALE_REFRESH_GRACE_MS: '0', ONSALE_SIGN_IN_FAILURES: '4' } } });
});
afterAll(() => fleet?.stop());

const password = 'correct horse battery';
const signedUp = async (): Promise<{ email: string; session: TokenSession }> => {
  const email = `${newId()}@example.com`;
  await fleet.client.call(signUp, { body: { email, password, name: 'Ada' } });
  return { email, session: tokensOf(await fleet.client.call(signIn, { body: { email, password } })) };
};
const me = (accessToken: string) => outcomeOf(fleet.client.answer(readMe, { accessToken }));
const refresh = (refreshToken: string) => outcomeOf(fleet.client.answer(refreshSession, { body: { refreshToken } }));

describe('C1: a session', () => {
  it('is a member’s, by keys that anybody can look up', async () => {
    const { email, session } = await signedUp();
    expect(await me(session.accessToken)).toMatchObject({ is: '200', body: { email, name: 'Ada', role: 'member' } });
    const kid = (JSON.parse(Buffer.from(session.accessToken.split('.')[0]!, 'base64url').toString()) as { kid: string }).kid;
    const { keys } = await fleet.client.call(publicKeys);
    expect(keys.map((key) => key.kid)).toContain(kid);
    expect(JSON.stringify(keys)).not.toContain('"d":');
  });

  it('of a browser is in its cookies alone, is refreshed from them, and ends with them', async () => {
    const { email } = await signedUp();
    const { origin } = new URL(fleet.gatewayUrl);
    let held: Record<string, string> = {};
    const ask = async (method: string, path: string, body?: object) => {
      const answer = await fetch(`${origin}/api/v1${path}`, {
        method,
        headers: {
          origin,
          cookie: Object.entries(held)
            .map(([name, value]) => `${name}=${value}`)
            .join('; '),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const set = answer.headers.getSetCookie().map((one) => /^([^=]+)=([^;]*)/.exec(one)!.slice(1) as [string, string]);
      held = Object.fromEntries(Object.entries({ ...held, ...Object.fromEntries(set) }).filter(([, value]) => value !== ''));
      return { status: answer.status, body: await answer.text() };
    };
    expect(await ask('POST', '/sessions', { email, password, transport: 'cookie' })).toMatchObject({
      status: 201,
      body: expect.not.stringMatching(/Token":/),
    });
    expect(await ask('GET', '/members/me')).toMatchObject({ status: 200, body: expect.stringContaining(email) });
    const before = held;
    expect((await ask('POST', '/sessions/refresh')).status).toBe(201);
    expect(Object.keys(held)).toEqual(Object.keys(before));
    expect(held['onsale-refresh']).not.toBe(before['onsale-refresh']);
    const kept = held;
    expect((await ask('DELETE', '/sessions')).status).toBe(204);
    expect(held).toEqual({});
    held = kept;
    await eventually(async () => expect((await ask('GET', '/members/me')).status).toBe(401));
    expect((await ask('POST', '/sessions/refresh')).status).toBe(401);
  });

  it('tells nobody whether an email is known', async () => {
    const { email } = await signedUp();
    const tried = (body: { email: string; password: string }) => outcomeOf(fleet.client.answer(signIn, { body }));
    const [wrong, unknown] = [await tried({ email, password: 'not this one' }), await tried({ email: `${newId()}@example.com`, password })];
    expect([wrong.is, unknown.is]).toEqual(['401 INVALID_CREDENTIALS', '401 INVALID_CREDENTIALS']);
    expect(wrong.problem?.['detail']).toBe(unknown.problem?.['detail']);
  });

  it('is not begun by guessing: after so many wrong passwords an account rests, known or not, and says until when', async () => {
    const [ada, eve] = [await signedUp(), await signedUp()];
    for (const email of [ada.email, `${newId()}@example.com`]) {
      const guesses = await Promise.all(
        Array.from({ length: 6 }, () => outcomeOf(fleet.client.answer(signIn, { body: { email, password: 'not this one' } }))),
      );
      expect(tally(guesses)).toEqual({ '401 INVALID_CREDENTIALS': 4, '429 RATE_LIMITED': 2 });
    }
    const refused = await fleet.client
      .answer(signIn, { body: { email: ada.email, password } })
      .catch((error: unknown) => error as CallProblem);
    expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([429, true]);
    expect(await outcomeOf(fleet.client.answer(signIn, { body: { email: eve.email, password } }))).toMatchObject({ is: '201' });
  });

  it('ends at once and everywhere when it is signed out', async () => {
    const { session } = await signedUp();
    expect(await outcomeOf(fleet.client.answer(signOut, { accessToken: session.accessToken }))).toMatchObject({ is: '204' });
    expect(await me(session.accessToken)).toMatchObject({ is: '401 SESSION_ENDED' });
    expect(await refresh(session.refreshToken)).toMatchObject({ is: '401 SESSION_ENDED' });
  });

  it('goes on by rotating its refresh token, and ends when a spent one comes back', async () => {
    const { session } = await signedUp();
    const next = await refresh(session.refreshToken);
    expect(next).toMatchObject({ is: '201' });
    const renewed = tokensOf(next.body!);
    expect(await refresh(session.refreshToken)).toMatchObject({ is: '401 SESSION_ENDED' });
    expect(await refresh(renewed.refreshToken)).toMatchObject({ is: '401 SESSION_ENDED' });
    expect(await me(renewed.accessToken)).toMatchObject({ is: '401 SESSION_ENDED' });
  });
});

describe('C1: an email', () => {
  it('is one member’s, however many sign up with it at once', async () => {
    const email = `${newId()}@example.com`;
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, (_, i) =>
        outcomeOf(fleet.client.answer(signUp, { body: { email: i % 2 === 0 ? email : email.toUpperCase(), password, name: 'Ada' } })),
      ),
    );
    expect(tally(outcomes)).toEqual({ '201': 1, '409 EMAIL_TAKEN': 4 });
    const [row] = await fleet.stores.databases.commerce('members').where('email', email).count<{ members: number }[]>({ members: '*' });
    expect(row?.members).toBe(1);
  });
});
