import type { CallProblem } from '@onsale/contracts';
import * as contract from '@onsale/contracts/commerce';
import { newId } from '@onsale/shared/ids';
import { eventually, testProxy, type TestProxy } from '@onsale/shared/testing';
import { createTurns } from '@onsale/shared/turns';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCommerce, statusOf, tally, type Commerce } from '../testing/start-commerce.ts';
import { hashOf } from './refresh-token.ts';

const signInAs = (commerce: Commerce, email: string, password: string): Promise<string> =>
  statusOf(commerce.anonymous.answer(contract.signIn, { body: { email, password } }));
const problemOf = (call: Promise<unknown>): Promise<CallProblem> =>
  call.then(
    () => {
      throw new Error('expected a problem');
    },
    (error: unknown) => error as CallProblem,
  );

describe('signing in', () => {
  let commerce: Commerce;
  beforeAll(async () => {
    commerce = await startCommerce();
  });
  afterAll(() => commerce.stop());

  it('gives an access token that the published keys verify, and a refresh token of which only the hash is kept', async () => {
    const member = await commerce.newMember();
    const { status, body } = await commerce.anonymous.answer(contract.signIn, {
      body: { email: member.email.toUpperCase(), password: member.password },
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({ tokenType: 'Bearer', expiresIn: 600, refreshExpiresIn: 3600 });
    const access = await commerce.accessTokens.verify(contract.tokensOf(body).accessToken);
    expect(access).toMatchObject({ memberId: member.id, role: 'member' });
    const tokens: { hash: Buffer }[] = await commerce
      .db('refresh_tokens')
      .where({ session_id: Buffer.from(access.sessionId.replaceAll('-', ''), 'hex') });
    expect(tokens.map((token) => token.hash)).toEqual([hashOf(contract.tokensOf(body).refreshToken)]);
  });

  it('answers an unknown email and a wrong password alike, after the same work', async () => {
    const member = await commerce.newMember();
    const hashes = () => commerce.metric('onsale_password_hash_seconds_count');
    const tryIt = async (email: string) => {
      const before = await hashes();
      const { status, problem, headers } = await problemOf(commerce.signIn({ email, password: 'not the password' }));
      const { instance: _instance, ...told } = problem;
      return { status, told, challenge: headers.get('www-authenticate'), hashed: (await hashes()) - before };
    };
    const wrongPassword = await tryIt(member.email);
    expect(wrongPassword).toMatchObject({ status: 401, told: { code: 'INVALID_CREDENTIALS' }, challenge: 'Bearer', hashed: 1 });
    expect(await tryIt('nobody@example.com')).toEqual(wrongPassword);
  });

  it('publishes the public halves of its keys, to the gateway alone', async () => {
    const { keys } = await commerce.gateway.call(contract.accessTokenKeys);
    expect(keys.map((key) => key.kid)).toEqual(['access-2', 'access-1']);
    expect(keys.map((key) => 'd' in key)).toEqual([false, false]);
    expect(await statusOf(commerce.anonymous.answer(contract.accessTokenKeys))).toBe('404 NOT_FOUND');
    const member = await commerce.newMember();
    const client = await commerce.as((await commerce.signIn(member)).accessToken);
    expect(await statusOf(client.answer(contract.accessTokenKeys))).toBe('404 NOT_FOUND');
  });
});

describe('a storm of sign-ins', () => {
  it('is served in turns when there is room, and refused with a time to come back when there is none, while other requests are answered', async () => {
    const turns = createTurns({ what: 'sign-ins', atOnce: 1, waiting: 19 });
    const commerce = await startCommerce({ overrides: { turns }, settings: { signIns: { failures: 20, windowSeconds: 60 } } });
    try {
      const member = await commerce.newMember();
      const storm = () => Promise.all(Array.from({ length: 20 }, () => signInAs(commerce, member.email, member.password)));
      expect(tally(await storm())).toEqual({ '201': 20 });

      const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
      const slow = Array.from({ length: 20 }, () => turns.take(() => held));
      const refused = await problemOf(commerce.signIn(member));
      expect(refused).toMatchObject({ status: 503, code: 'OVERLOADED' });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(tally(await storm())).toEqual({ '503 OVERLOADED': 20 });
      expect(await statusOf(commerce.gateway.answer(contract.accessTokenKeys))).toBe('200');

      letGo();
      await Promise.all(slow);
      expect(tally(await storm())).toEqual({ '201': 20 });
      expect(commerce.log.text()).not.toContain('"level":"error"');
      expect(await commerce.db('sessions').count({ n: '*' }).first()).toEqual({ n: 40 });
    } finally {
      await commerce.stop();
    }
  });
});

describe('the limit of failed sign-ins', () => {
  let commerce: Commerce;
  let line: TestProxy;
  beforeAll(async () => {
    commerce = await startCommerce({
      settings: { signIns: { failures: 3, windowSeconds: 60 } },
      redisUrlOf: async (url) => {
        line = await testProxy(url);
        return line.url;
      },
    });
  });
  afterAll(async () => {
    await commerce.stop();
    await line.stop();
  });

  it('refuses an account after so many, the right password too, with a time to come back; another account is not touched', async () => {
    const [victim, other] = [await commerce.newMember(), await commerce.newMember()];
    for (let i = 0; i < 3; i++) expect(await signInAs(commerce, victim.email, 'wrong')).toBe('401 INVALID_CREDENTIALS');
    const refused = await problemOf(commerce.signIn(victim));
    expect(refused).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
    expect(await signInAs(commerce, other.email, other.password)).toBe('201');
  });

  it('does not tell by itself whether the account exists', async () => {
    const answers: string[] = [];
    for (let i = 0; i < 4; i++) answers.push(await signInAs(commerce, 'ghost@example.com', 'wrong'));
    expect(tally(answers)).toEqual({ '401 INVALID_CREDENTIALS': 3, '429 RATE_LIMITED': 1 });
  });

  it('cannot be outrun by asking many times at once', async () => {
    const member = await commerce.newMember();
    const answers = await Promise.all(Array.from({ length: 20 }, () => signInAs(commerce, member.email, 'wrong')));
    expect(tally(answers)).toEqual({ '401 INVALID_CREDENTIALS': 3, '429 RATE_LIMITED': 17 });
  });

  it('does not count tries at which nobody could look at the password', async () => {
    const member = await commerce.newMember();
    await commerce.db.schema.renameTable('members', 'gone');
    const answers: string[] = [];
    for (let i = 0; i < 5; i++) answers.push(await signInAs(commerce, member.email, member.password));
    await commerce.db.schema.renameTable('gone', 'members');
    expect(tally(answers)).toEqual({ '500 INTERNAL': 5 });
    expect(await signInAs(commerce, member.email, member.password)).toBe('201');
  });

  it('starts afresh with the right password', async () => {
    const member = await commerce.newMember();
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 2; i++) expect(await signInAs(commerce, member.email, 'wrong')).toBe('401 INVALID_CREDENTIALS');
      expect(await signInAs(commerce, member.email, member.password)).toBe('201');
    }
  });

  it('holds in each process while Redis is away', async () => {
    const member = await commerce.newMember();
    line.cut();
    try {
      const answers: string[] = [];
      for (let i = 0; i < 4; i++) answers.push(await signInAs(commerce, member.email, 'wrong'));
      expect(tally(answers)).toEqual({ '401 INVALID_CREDENTIALS': 3, '429 RATE_LIMITED': 1 });
      const other = await commerce.newMember();
      expect(await signInAs(commerce, other.email, other.password)).toBe('201');
    } finally {
      line.heal();
      await eventually(async () => {
        const before = await commerce.redis.dbsize();
        await signInAs(commerce, `${newId()}@example.com`, 'wrong');
        expect(await commerce.redis.dbsize()).toBeGreaterThan(before); // counted there again, for whatever comes next
      });
    }
  });
});
