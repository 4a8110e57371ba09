import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as contract from '@onsale/contracts/commerce';
import { idToBytes } from '@onsale/shared/ids';
import { temporaryFolders, testDatabase, type TestDatabase } from '@onsale/shared/testing';
import { type Commerce, startCommerce } from '../../services/commerce/src/testing/start-commerce.ts';
import { checkLedger } from '../../services/payment/src/ledger/check-ledger.ts';
import { balanceOf } from '../../services/payment/src/ledger/wallet-store.ts';
import { openMemberFile, type SeededMember } from './member-file.ts';
import { seededPassword, seedMembers } from './seed-members.ts';
import { signUpMembers } from './sign-up-members.ts';

const folders = temporaryFolders();
let commerce: Commerce;
let payment: TestDatabase;
beforeAll(async () => {
  commerce = await startCommerce();
  payment = await testDatabase({ migrations: new URL('../../services/payment/migrations/', import.meta.url) });
});
afterAll(async () => {
  await commerce.stop();
  await payment.drop();
  folders.remove();
});

const seed = async ({ count, points = 0, signal }: { count: number; points?: number; signal?: AbortSignal }) => {
  const out = join(folders.make(), 'members.jsonl');
  const file = openMemberFile(out);
  const databases = { commerce: commerce.databaseUrl, payment: payment.url };
  const { accessKeys } = commerce;
  await seedMembers({ databases, accessKeys, count, points, tokenLifeSeconds: 7200, onMembers: file.add, ...(signal && { signal }) });
  file.close();
  const members = readFileSync(out, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as SeededMember);
  return { members, out };
};
const last = (members: SeededMember[]): SeededMember => members.at(-1) as SeededMember;

describe('members by the bulk', () => {
  it('are as good as those who signed up: their tokens are valid, and they can sign in and out', async () => {
    const { members, out } = await seed({ count: 1200 });
    expect(new Set(members.map(({ memberId }) => memberId)).size).toBe(1200);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    const { memberId, email, accessToken } = last(members);
    const { expiresAt, sessionId } = await commerce.accessTokens.verify(accessToken);
    expect(expiresAt).toBeGreaterThan(Date.now() + 7_000_000);
    const client = await commerce.as(accessToken);
    expect(await client.call(contract.readMe)).toMatchObject({ id: memberId, email, role: 'member' });
    await commerce.signIn({ email, password: seededPassword });
    await client.call(contract.signOut);
    const row: unknown = await commerce
      .db('sessions')
      .where({ id: idToBytes(sessionId) })
      .first('ended_by');
    expect(row).toEqual({ ended_by: 'SIGN_OUT' });
  });

  it('have the points that were asked for, in a ledger that is whole', async () => {
    const { members } = await seed({ count: 1100, points: 50_000 });
    expect(await balanceOf(payment.db, last(members).memberId)).toBe(50_000);
    expect(await payment.db('wallets').count({ n: '*' }).first()).toEqual({ n: 1100 });
    expect((await checkLedger(payment.db)).filter(({ violations }) => violations > 0)).toEqual([]);
  });

  it('stop coming when the command is interrupted', async () => {
    const before = await commerce.db('members').count({ n: '*' }).first();
    await expect(seed({ count: 10, signal: AbortSignal.abort(new Error('interrupted')) })).rejects.toThrow('interrupted');
    expect(await commerce.db('members').count({ n: '*' }).first()).toEqual(before);
  });
});

describe('members by the front door', () => {
  it('sign up and in one by one, as often as they are asked for', async () => {
    const members: SeededMember[] = [];
    const { expiresIn } = await signUpMembers({
      client: commerce.anonymous,
      count: 20,
      points: 0,
      onMembers: (made) => members.push(...made),
    });
    expect(expiresIn).toBe(600);
    expect(new Set(members.map(({ email }) => email)).size).toBe(20);
    const { memberId, accessToken } = last(members);
    expect(await commerce.accessTokens.verify(accessToken)).toMatchObject({ memberId });
  });
});
