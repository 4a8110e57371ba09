import * as contract from '@onsale/contracts/commerce';
import { newId } from '@onsale/shared/ids';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCommerce, statusOf, tally, type Commerce } from '../testing/start-commerce.ts';

let commerce: Commerce;
beforeAll(async () => {
  commerce = await startCommerce();
});
afterAll(() => commerce.stop());

const body = (email: string) => ({ email, password: 'correct horse battery', name: 'Grace' });
const rowsOf = (email: string): Promise<{ email: string; role: string; password_hash: string }[]> =>
  commerce.db('members').where({ email });

describe('signing up', () => {
  it('makes a plain member whose password is kept as argon2id alone', async () => {
    const { status, body: member } = await commerce.anonymous.answer(contract.signUp, { body: body('grace@example.com') });
    expect(status).toBe(201);
    expect(member).toEqual({ id: member.id, email: 'grace@example.com', name: 'Grace', role: 'member', createdAt: member.createdAt });
    const [row] = await rowsOf('grace@example.com');
    expect(row).toMatchObject({ role: 'member', password_hash: expect.stringMatching(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/) });
  });

  it('refuses an email that a member has, in whatever case', async () => {
    await commerce.newMember({ email: 'taken@example.com' });
    expect(await statusOf(commerce.anonymous.answer(contract.signUp, { body: body('Taken@Example.COM') }))).toBe('409 EMAIL_TAKEN');
    expect(await rowsOf('TAKEN@example.com')).toHaveLength(1);
  });

  it('lets one of ten through who want one email at the same moment', async () => {
    const emails = Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? 'rush@example.com' : 'RUSH@example.com'));
    const answers = await Promise.all(emails.map((email) => statusOf(commerce.anonymous.answer(contract.signUp, { body: body(email) }))));
    expect(tally(answers)).toEqual({ '201': 1, '409 EMAIL_TAKEN': 9 });
    expect(await rowsOf('rush@example.com')).toHaveLength(1);
  });

  it('does not hash for an email that is known to be taken', async () => {
    await commerce.newMember({ email: 'cheap@example.com' });
    const before = await commerce.metric('onsale_password_hash_seconds_count');
    await statusOf(commerce.anonymous.answer(contract.signUp, { body: body('cheap@example.com') }));
    expect(await commerce.metric('onsale_password_hash_seconds_count')).toBe(before);
  });
});

describe('reading oneself', () => {
  it('answers with the member of the session', async () => {
    const { password: _password, ...member } = await commerce.newMember();
    const client = commerce.asMember({ id: member.id, role: 'member', sessionId: newId() });
    expect(await client.call(contract.readMe)).toEqual(member);
  });

  it('knows nobody of a session whose member is no more, and nobody without one', async () => {
    const stranger = commerce.asMember({ id: newId(), role: 'member', sessionId: newId() });
    expect(await statusOf(stranger.answer(contract.readMe))).toBe('401 UNAUTHENTICATED');
    expect(await statusOf(commerce.anonymous.answer(contract.readMe))).toBe('401 UNAUTHENTICATED');
  });
});
