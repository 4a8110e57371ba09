import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { inTransaction, isDuplicate } from '@onsale/shared/db';
import { newId, systemClock } from '@onsale/shared/ids';
import { testDatabase, type TestDatabase } from '@onsale/shared/testing';
import { checkLedger } from './check-ledger.ts';
import { postTransfer } from './post-transfer.ts';
import type { TransferKind } from './transfer.ts';
import { balanceOf } from './wallet-store.ts';

const post = postTransfer({ newId, clock: systemClock });
let database: TestDatabase;
beforeAll(async () => {
  // three hundred callers share ten connections: they may have to wait longer for one than a request would
  database = await testDatabase({ migrations: new URL('../../migrations/', import.meta.url), acquireTimeoutMs: 25_000 });
});
afterAll(() => database.drop());
afterEach(async () => {
  expect((await checkLedger(database.db)).filter((finding) => finding.violations > 0)).toEqual([]);
});

const move = (kind: TransferKind, memberId: string, amount: number, reference = newId()) =>
  inTransaction(database.db, (trx) => post(trx, { kind, reference, memberId, amount }));
const times = <T>(count: number, fn: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: count }, fn));
const memberWith = async (points: number): Promise<string> => {
  const memberId = newId();
  await move('CHARGE', memberId, points);
  return memberId;
};
const done = (results: unknown[]): number => results.filter((result) => result !== undefined).length;

describe('a wallet that many use at once', () => {
  it('pays three hundred uses of 1,000 out of 500,000 and keeps 200,000', async () => {
    const member = await memberWith(500_000);
    expect(done(await times(300, () => move('PAYMENT', member, 1000)))).toBe(300);
    expect(await balanceOf(database.db, member)).toBe(200_000);
  });

  it('pays exactly those uses that fit, and never goes below zero', async () => {
    const member = await memberWith(25_500);
    expect(done(await times(100, () => move('PAYMENT', member, 1000)))).toBe(25);
    expect(await balanceOf(database.db, member)).toBe(500);
  });

  it('stays exact while charges, uses and refunds are mixed', async () => {
    const member = await memberWith(100_000);
    const results = await Promise.all([
      times(100, () => move('CHARGE', member, 700)),
      times(100, () => move('PAYMENT', member, 900)),
      times(50, () => move('REFUND', member, 300)),
    ]);
    expect(results.map(done)).toEqual([100, 100, 50]);
    expect(await balanceOf(database.db, member)).toBe(100_000 + 70_000 - 90_000 + 15_000);
  });

  it('is opened once by many first charges', async () => {
    const member = newId();
    expect(done(await times(50, () => move('CHARGE', member, 1000)))).toBe(50);
    expect(await balanceOf(database.db, member)).toBe(50_000);
  });
});

describe('a transfer', () => {
  it('numbers the entries of a wallet by its version, and says what is left after each', async () => {
    const member = await memberWith(5000);
    const paid = await move('PAYMENT', member, 2000, 'payment-1');
    expect(paid).toMatchObject({ walletVersion: 2, entry: { type: 'PAYMENT', amount: -2000, balanceAfter: 3000, reference: 'payment-1' } });
  });

  it('is made once for a reference and kind, whoever comes at the same time', async () => {
    const member = await memberWith(5000);
    const reference = newId();
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => move('PAYMENT', member, 1000, reference)));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(9);
    expect(refused.every((result) => isDuplicate(result.reason))).toBe(true);
    expect(await balanceOf(database.db, member)).toBe(4000);
    await move('REFUND', member, 1000, reference);
    expect(await balanceOf(database.db, member)).toBe(5000);
  });

  it('that a wallet cannot pay leaves no trace, with or without a wallet', async () => {
    const stranger = newId();
    expect(await move('PAYMENT', stranger, 1)).toBeUndefined();
    expect(await database.db('wallets').where('member_id', Buffer.from(stranger.replaceAll('-', ''), 'hex'))).toEqual([]);
  });

  it('fills a wallet to the last safe integer and not beyond', async () => {
    const member = await memberWith(Number.MAX_SAFE_INTEGER - 1);
    expect(await move('CHARGE', member, 2)).toBeUndefined();
    expect(await move('CHARGE', member, 1)).toMatchObject({ entry: { balanceAfter: Number.MAX_SAFE_INTEGER } });
  });
});
