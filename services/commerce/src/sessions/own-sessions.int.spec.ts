import * as contract from '@onsale/contracts/commerce';
import { inTransaction } from '@onsale/shared/db';
import { newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { insertSession, listLive } from './session-store.ts';
import { startCommerce, statusOf, type Commerce } from '../testing/start-commerce.ts';

let commerce: Commerce;
beforeAll(async () => {
  commerce = await startCommerce({ overrides: { announceEveryMs: 3_600_000 } }); // whoever ends a session has to tell of it
});
afterAll(() => commerce.stop());

/** A member with so many sessions, the last one the newest. */
const signedIn = async (count: number) => {
  const member = await commerce.newMember();
  const sessions = [];
  for (let i = 0; i < count; i++) {
    const { accessToken, refreshToken } = await commerce.signIn(member);
    const { sessionId } = await commerce.accessTokens.verify(accessToken);
    sessions.push({ sessionId, refreshToken, client: await commerce.as(accessToken) });
  }
  return sessions as typeof sessions & { [I in 0 | 1 | 2]: (typeof sessions)[number] };
};

/** An answer waits half a second at the most until the gateway is told. */
const isSoonDenied = (sessionId: string) => eventually(async () => expect(await commerce.isDenied(sessionId)).toBe(true));

describe('the sessions of a member', () => {
  it('are listed newest first, in pages, the one that asks marked, and no ended one', async () => {
    const [old, mine, out] = await signedIn(3);
    await signedIn(1);
    await out.client.call(contract.signOut);
    const first = await mine.client.call(contract.listMySessions, { query: { limit: 1 } });
    expect(first.items).toEqual([{ id: mine.sessionId, createdAt: expect.any(String), expiresAt: expect.any(String), current: true }]);
    const rest = await mine.client.call(contract.listMySessions, { query: { limit: 5, cursor: first.nextCursor! } });
    expect(rest).toEqual({ items: [expect.objectContaining({ id: old.sessionId, current: false })] });
    expect(JSON.stringify([first, rest])).not.toContain(old.refreshToken);
  });

  it('are ended one by one, at once and everywhere; again it changes nothing', async () => {
    const [lost, mine] = await signedIn(2);
    for (let i = 0; i < 2; i++) {
      expect((await mine.client.answer(contract.endMySession, { params: { id: lost.sessionId } })).status).toBe(204);
      await isSoonDenied(lost.sessionId);
      expect(await statusOf(commerce.refresh(lost.refreshToken))).toBe('401 SESSION_ENDED');
    }
    expect(await statusOf(commerce.refresh(mine.refreshToken))).toBe('201');
    await mine.client.call(contract.endMySession, { params: { id: mine.sessionId } });
    await isSoonDenied(mine.sessionId);
  });

  it('are fifty at most: with one more the oldest end, everywhere, as one has signed in', async () => {
    const member = await commerce.newMember();
    const older = Array.from({ length: 51 }, () => newId());
    await inTransaction(commerce.db, async (trx) => {
      for (const sessionId of older) await insertSession(trx, { sessionId, tokenHash: Buffer.alloc(32), lifeSeconds: 600 }, member.id);
    });
    const { sessionId } = await commerce.accessTokens.verify((await commerce.signIn(member)).accessToken);
    const live = await listLive(commerce.db, { memberId: member.id, before: undefined, limit: 100 });
    expect(live.map(({ id }) => id)).toEqual([sessionId, ...older.slice(2).toReversed()]);
    for (const ended of older.slice(0, 2)) await isSoonDenied(ended);
    expect(await commerce.isDenied(older[2]!)).toBe(false);
  });

  it('are nobody else’s to end', async () => {
    const [mine] = await signedIn(1);
    const [hers] = await signedIn(1);
    for (const id of [hers.sessionId, newId()])
      expect(await statusOf(mine.client.answer(contract.endMySession, { params: { id } }))).toBe('404 NOT_FOUND');
    expect(await commerce.isDenied(hers.sessionId)).toBe(false);
    expect(await statusOf(commerce.refresh(hers.refreshToken))).toBe('201');
  });

  it('are ended all but the one that asks', async () => {
    const [one, mine, other] = await signedIn(3);
    expect((await mine.client.answer(contract.endMyOtherSessions)).status).toBe(204);
    for (const { sessionId } of [one, other]) await isSoonDenied(sessionId);
    expect(await commerce.isDenied(mine.sessionId)).toBe(false);
    expect(await Promise.all([one, mine, other].map(({ refreshToken }) => statusOf(commerce.refresh(refreshToken))))).toEqual([
      '401 SESSION_ENDED',
      '201',
      '401 SESSION_ENDED',
    ]);
  });
});
