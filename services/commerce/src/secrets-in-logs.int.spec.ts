import * as contract from '@onsale/contracts/commerce';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { hashOf } from './sessions/refresh-token.ts';
import { startCommerce, statusOf, type Commerce } from './testing/start-commerce.ts';

let commerce: Commerce;
beforeAll(async () => {
  commerce = await startCommerce();
});
afterAll(() => commerce.stop());

it('logs no password and no token, whatever goes wrong, and not what they are hashed to', async () => {
  const { db, anonymous } = commerce;
  const member = await commerce.newMember({ password: 'a password never to be seen' });
  const session = await commerce.signIn(member);
  const next = (await commerce.refresh(session.refreshToken)).body;
  const [passwordHash]: string[] = await db('members').pluck('password_hash');
  const client = await commerce.as(session.accessToken);

  const inTrouble = async (table: string, calls: () => Promise<string>[]): Promise<string[]> => {
    await db.schema.renameTable(table, 'gone');
    const answers: string[] = [];
    for (const call of calls()) answers.push(await call);
    await db.schema.renameTable('gone', table);
    return answers;
  };
  const signUp = { email: 'other@example.com', password: 'another one never to be seen', name: 'Eve' };
  const tooLong = 'x'.repeat(129);
  const answers = [
    await statusOf(anonymous.answer(contract.signUp, { body: { ...signUp, password: tooLong } })),
    await statusOf(anonymous.answer(contract.signIn, { body: { email: member.email, password: 'a wrong one never to be seen' } })),
    ...(await inTrouble('refresh_tokens', () => [
      statusOf(commerce.refresh(next.refreshToken)),
      statusOf(anonymous.answer(contract.signIn, { body: { email: member.email, password: member.password } })),
    ])),
    ...(await inTrouble('sessions', () => [statusOf(client.answer(contract.signOut))])),
    ...(await inTrouble('members', () => [statusOf(anonymous.answer(contract.signUp, { body: signUp }))])),
  ];
  await db.schema.alterTable('members', (table) => table.integer('mandatory').notNullable());
  answers.push(await statusOf(anonymous.answer(contract.signUp, { body: signUp })));
  expect(answers).toEqual(['400 VALIDATION_FAILED', '401 INVALID_CREDENTIALS', ...Array<string>(5).fill('500 INTERNAL')]);

  const logged = commerce.log.text();
  expect(logged.match(/request failed/g)).toHaveLength(5);
  const hex = hashOf(next.refreshToken).toString('hex');
  const secrets = [
    member.password,
    signUp.password,
    'a wrong one never to be seen',
    tooLong,
    passwordHash!,
    '$argon2id',
    session.accessToken,
    session.refreshToken,
    next.accessToken,
    next.refreshToken,
    hex.slice(0, 16),
    hex.toUpperCase().slice(0, 16),
  ];
  expect(secrets.filter((secret) => logged.includes(secret))).toEqual([]);
});
