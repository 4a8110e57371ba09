import * as contract from '@onsale/contracts/commerce';
import { REFRESH_TOKEN_HEADER } from '@onsale/shared/auth';
import { idToBytes } from '@onsale/shared/ids';
import { eventually, testProxy, type TestProxy } from '@onsale/shared/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startCommerce, statusOf, tally, type Commerce } from '../testing/start-commerce.ts';
import { hashOf } from './refresh-token.ts';

let commerce: Commerce;
let line: TestProxy;
beforeAll(async () => {
  commerce = await startCommerce({
    redisUrlOf: async (url) => {
      line = await testProxy(url);
      return line.url;
    },
  });
});
afterEach(() => line.heal());
afterAll(async () => {
  await commerce.stop();
  await line.stop();
});

/** A member who has signed in, as a client, with the session's id. */
const signedIn = async (member?: { email: string; password: string }) => {
  const { accessToken, refreshToken } = await commerce.signIn(member ?? (await commerce.newMember()));
  const { sessionId } = await commerce.accessTokens.verify(accessToken);
  return { sessionId, refreshToken, client: await commerce.as(accessToken) };
};
const refreshStatus = (refreshToken: string): Promise<string> => statusOf(commerce.refresh(refreshToken));
const sessionRow = (sessionId: string): Promise<{ ended_by: string | null; unannounced: number | null } | undefined> =>
  commerce
    .db('sessions')
    .where({ id: idToBytes(sessionId) })
    .first('ended_by', 'unannounced');
const tokensOf = async (sessionId: string): Promise<number> =>
  (await commerce.db('refresh_tokens').where({ session_id: idToBytes(sessionId) })).length;
/** Lets a token have been used `seconds` ago. */
const backdateUse = (refreshToken: string, seconds: number) =>
  commerce
    .db('refresh_tokens')
    .where({ hash: hashOf(refreshToken) })
    .update({ used_at: commerce.db.raw('NOW(3) - INTERVAL ? SECOND', [seconds]) });

describe('refreshing a session', () => {
  it('gives new tokens of the same session, again and again', async () => {
    const { sessionId, refreshToken } = await signedIn();
    const first = await commerce.refresh(refreshToken);
    expect(first).toMatchObject({ status: 201, body: { tokenType: 'Bearer', expiresIn: 600, refreshExpiresIn: 3600 } });
    const second = await commerce.refresh(first.body.refreshToken);
    expect(new Set([refreshToken, first.body.refreshToken, second.body.refreshToken]).size).toBe(3);
    for (const { body } of [first, second]) expect(await commerce.accessTokens.verify(body.accessToken)).toMatchObject({ sessionId });
  });

  it('of a browser takes the token that the gateway hands on, and says that the new ones go into cookies', async () => {
    const { email, password } = await commerce.newMember();
    const { body } = await commerce.anonymous.answer(contract.signIn, { body: { email, password, transport: 'cookie' } });
    const begun = contract.CarriedSession.parse(body);
    const handedOn = { headers: { [REFRESH_TOKEN_HEADER]: begun.refreshToken } };
    const refreshed = await commerce.anonymous.answer(contract.refreshSession, handedOn);
    const renewed = contract.CarriedSession.parse(refreshed.body);
    expect((await commerce.refresh(renewed.refreshToken)).body).not.toHaveProperty('transport');
    expect(await statusOf(commerce.anonymous.answer(contract.refreshSession))).toBe('400 VALIDATION_FAILED');
  });

  it('carries the role that the member has by now', async () => {
    const { client, refreshToken } = await signedIn();
    const { id } = await client.call(contract.readMe);
    await commerce
      .db('members')
      .where({ id: idToBytes(id) })
      .update({ role: 'operator' });
    const { body } = await commerce.refresh(refreshToken);
    expect(await commerce.accessTokens.verify(body.accessToken)).toMatchObject({ role: 'operator' });
  });

  it('gives a sibling to a token that was used just before, and both go on', async () => {
    const { refreshToken } = await signedIn();
    const [first, sibling] = [await commerce.refresh(refreshToken), await commerce.refresh(refreshToken)];
    expect(first.body.refreshToken).not.toBe(sibling.body.refreshToken);
    expect(await refreshStatus(first.body.refreshToken)).toBe('201');
    expect(await refreshStatus(sibling.body.refreshToken)).toBe('201');
  });

  it('ends the whole session when a spent token comes back later, at the gateway too', async () => {
    const { sessionId, refreshToken } = await signedIn();
    const newest = (await commerce.refresh(refreshToken)).body.refreshToken;
    await backdateUse(refreshToken, 11);
    expect(await refreshStatus(refreshToken)).toBe('401 SESSION_ENDED');
    expect(await sessionRow(sessionId)).toMatchObject({ ended_by: 'REUSE' });
    expect(await commerce.isDenied(sessionId)).toBe(true);
    expect(await refreshStatus(newest)).toBe('401 SESSION_ENDED');
    expect(await tokensOf(sessionId)).toBe(2);
  });

  it('answers twenty uses of one token at once, and gives it no more after that', async () => {
    const { sessionId, refreshToken } = await signedIn();
    const answers = await Promise.all(Array.from({ length: 20 }, () => refreshStatus(refreshToken)));
    expect(tally(answers)).toEqual({ '201': 20 });
    expect(await refreshStatus(refreshToken)).toBe('429 RATE_LIMITED');
    expect(await tokensOf(sessionId)).toBe(21);
    expect(await sessionRow(sessionId)).toMatchObject({ ended_by: null });
  });

  it('ends the session once when a spent token comes back many times at once', async () => {
    const { sessionId, refreshToken } = await signedIn();
    await commerce.refresh(refreshToken);
    await backdateUse(refreshToken, 11);
    const answers = await Promise.all(Array.from({ length: 10 }, () => refreshStatus(refreshToken)));
    expect(tally(answers)).toEqual({ '401 SESSION_ENDED': 10 });
    expect(await tokensOf(sessionId)).toBe(2);
  });

  it('knows neither a made-up token nor one that ran out, and lets the session be', async () => {
    const { sessionId, refreshToken } = await signedIn();
    await commerce
      .db('refresh_tokens')
      .where({ hash: hashOf(refreshToken) })
      .update({ expires_at: commerce.db.raw('NOW(3) - INTERVAL 1 SECOND') });
    expect(await refreshStatus(refreshToken)).toBe('401 SESSION_ENDED');
    expect(await refreshStatus('made-up')).toBe('401 SESSION_ENDED');
    expect(await sessionRow(sessionId)).toMatchObject({ ended_by: null });
  });
});

describe('signing out', () => {
  it('ends this session at once and everywhere, and no other one of the member; again it changes nothing', async () => {
    const member = await commerce.newMember();
    const [left, kept] = [await signedIn(member), await signedIn(member)];
    for (let i = 0; i < 2; i++) {
      expect(await statusOf(left.client.answer(contract.signOut))).toBe('204');
      expect(await commerce.isDenied(left.sessionId)).toBe(true);
      expect(await refreshStatus(left.refreshToken)).toBe('401 SESSION_ENDED');
    }
    expect(await sessionRow(left.sessionId)).toMatchObject({ ended_by: 'SIGN_OUT' });
    expect(await commerce.isDenied(kept.sessionId)).toBe(false);
    expect(await refreshStatus(kept.refreshToken)).toBe('201');
  });

  it('leaves nothing alive when a refresh runs beside it', async () => {
    const member = await commerce.newMember();
    for (let round = 0; round < 15; round++) {
      const { client, sessionId, refreshToken } = await signedIn(member);
      const [refreshed, out] = await Promise.all([
        commerce.refresh(refreshToken).catch(() => undefined),
        statusOf(client.answer(contract.signOut)),
      ]);
      expect(out).toBe('204');
      for (const token of [refreshToken, ...(refreshed === undefined ? [] : [refreshed.body.refreshToken])])
        expect(await refreshStatus(token)).toBe('401 SESSION_ENDED');
      expect(await commerce.isDenied(sessionId)).toBe(true);
    }
  });

  it.each(['cut', 'freeze'] as const)('works while Redis is away (%s), and reaches the deny-list when it is back', async (how) => {
    const { client, sessionId, refreshToken } = await signedIn();
    line[how]();
    expect(await statusOf(client.answer(contract.signOut))).toBe('204');
    expect(await refreshStatus(refreshToken)).toBe('401 SESSION_ENDED');
    expect(await sessionRow(sessionId)).toEqual({ ended_by: 'SIGN_OUT', unannounced: expect.any(Number) });
    expect(commerce.log.lines()).toContainEqual(
      expect.objectContaining({ sessionId, msg: expect.stringContaining('not on the deny-list yet') }),
    );
    line.heal();
    await eventually(async () => expect(await commerce.isDenied(sessionId)).toBe(true));
    await eventually(async () => expect(await sessionRow(sessionId)).toMatchObject({ unannounced: null }));
  });

  it('is told again to a Redis that was emptied, and not for ever', async () => {
    const [recent, old] = [await signedIn(), await signedIn()];
    for (const { client } of [recent, old]) await client.call(contract.signOut);
    await eventually(async () => expect(await sessionRow(old.sessionId)).toMatchObject({ unannounced: null }));
    await commerce
      .db('sessions')
      .where({ id: idToBytes(old.sessionId) })
      .update({ ended_at: commerce.db.raw('NOW(3) - INTERVAL 601 SECOND') });
    await commerce.redis.flushdb();
    await eventually(async () => expect(await commerce.isDenied(recent.sessionId)).toBe(true));
    await eventually(async () => expect(await sessionRow(recent.sessionId)).toMatchObject({ unannounced: null }));
    expect(await commerce.isDenied(old.sessionId)).toBe(false);
  });
});
