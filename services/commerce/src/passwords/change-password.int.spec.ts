import type { Client } from '@onsale/contracts';
import * as contract from '@onsale/contracts/commerce';
import { idToBytes } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { replacePassword } from '../members/member-store.ts';
import { startCommerce, statusOf, tally, type Commerce } from '../testing/start-commerce.ts';

let commerce: Commerce;
beforeAll(async () => {
  commerce = await startCommerce({
    settings: { signIns: { failures: 5, windowSeconds: 60 } },
    overrides: { announceEveryMs: 3_600_000 }, // whoever ends a session has to tell of it
  });
});
afterAll(() => commerce.stop());

const NEW = 'another password altogether';
const signedIn = async (member: { email: string; password: string }) => {
  const { accessToken, refreshToken } = await commerce.signIn(member);
  const { sessionId } = await commerce.accessTokens.verify(accessToken);
  return { sessionId, refreshToken, client: await commerce.as(accessToken) };
};
const change = (client: Client, currentPassword: string, newPassword = NEW) =>
  client.answer(contract.changePassword, { body: { currentPassword, newPassword } });
const endOf = async (sessionId: string): Promise<unknown> => {
  const [ended] = (await commerce
    .db('sessions')
    .where({ id: idToBytes(sessionId) })
    .pluck('ended_by')) as unknown[];
  return ended;
};

describe('changing the password', () => {
  it('makes the new one the only one, and ends all sessions but the one that did it, at the gateway too', async () => {
    const member = await commerce.newMember();
    const [mine, other, out] = [await signedIn(member), await signedIn(member), await signedIn(member)];
    await out.client.call(contract.signOut);
    expect((await change(mine.client, member.password)).status).toBe(204);
    expect(await statusOf(commerce.anonymous.answer(contract.signIn, { body: { email: member.email, password: member.password } }))).toBe(
      '401 INVALID_CREDENTIALS',
    );
    expect(await statusOf(commerce.refresh(other.refreshToken))).toBe('401 SESSION_ENDED');
    expect([await endOf(mine.sessionId), await endOf(other.sessionId), await endOf(out.sessionId)]).toEqual([
      null,
      'PASSWORD_CHANGE',
      'SIGN_OUT',
    ]);
    await eventually(async () => expect(await commerce.isDenied(other.sessionId)).toBe(true));
    expect(await commerce.isDenied(mine.sessionId)).toBe(false);
    expect(await statusOf(commerce.refresh(mine.refreshToken))).toBe('201');
    await commerce.signIn({ email: member.email, password: NEW });
  });

  it('takes the old password, and counts wrong ones, apart from failed sign-ins, which are anybody’s to make', async () => {
    const member = await commerce.newMember();
    const { client } = await signedIn(member);
    await expect(change(client, 'not this one')).rejects.toMatchObject({
      status: 403,
      code: 'PASSWORD_WRONG',
      problem: { errors: [{ pointer: '/body/currentPassword', detail: expect.any(String) }] },
    });
    const stranger = () => statusOf(commerce.anonymous.answer(contract.signIn, { body: { email: member.email, password: 'a guess' } }));
    for (let i = 0; i < 5; i++) expect(await stranger()).toBe('401 INVALID_CREDENTIALS');
    expect(await stranger()).toBe('429 RATE_LIMITED');
    for (let i = 0; i < 4; i++) expect(await statusOf(change(client, 'nor this one'))).toBe('403 PASSWORD_WRONG');
    await expect(change(client, member.password)).rejects.toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    const refused = await change(client, member.password).catch((error: { headers: Headers }) => error.headers.get('retry-after'));
    expect(Number(refused)).toBeGreaterThan(0);
  });

  it('of two at once is done by one; the other is told that the password is no longer the right one', async () => {
    const member = await commerce.newMember();
    const { client } = await signedIn(member);
    const wanted = ['the first of two new ones', 'the second of two new ones'];
    const answers = await Promise.all(wanted.map((password) => statusOf(change(client, member.password, password))));
    expect(tally(answers)).toEqual({ '204': 1, '403 PASSWORD_WRONG': 1 });
    await commerce.signIn({ email: member.email, password: wanted[answers.indexOf('204')]! });
  });

  it('keeps out who has shown the old password, and comes to the session after the change', async () => {
    const member = await commerce.newMember();
    const hashes = () => commerce.metric('onsale_password_hash_seconds_count');
    const before = await hashes();
    const change = await commerce.db.transaction();
    const [old] = (await change('members').where({ email: member.email }).forUpdate().pluck('password_hash')) as string[];
    const began = statusOf(commerce.anonymous.answer(contract.signIn, { body: { email: member.email, password: member.password } }));
    await eventually(async () => expect(await hashes()).toBe(before + 1));
    await replacePassword(change, { memberId: member.id, passwordHash: old! }, 'another hash');
    await change.commit();
    expect(await began).toBe('401 INVALID_CREDENTIALS');
    expect(await commerce.db('sessions').where({ member_id: idToBytes(member.id) })).toEqual([]);
  });
});
