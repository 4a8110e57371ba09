import { inTransaction, type Trx } from '@onsale/shared/db';
import { scopeBytes } from '@onsale/shared/idempotency';
import { idToBytes, newId, systemClock } from '@onsale/shared/ids';
import { testDatabase, type TestDatabase } from '@onsale/shared/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { debitWallet } from '../ledger/debit-wallet.ts';
import { checkLedger } from '../ledger/check-ledger.ts';
import { postTransfer } from '../ledger/post-transfer.ts';
import type { TransferKind } from '../ledger/transfer.ts';
import * as wallets from '../ledger/wallet-store.ts';
import * as payments from '../payments/payment-store.ts';
import { closeWallet } from './close-wallet.ts';
import { eraseMember } from './erase-member.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase({ migrations: new URL('../../migrations/', import.meta.url) });
});
afterAll(() => database.drop());

const post = postTransfer({ newId, clock: systemClock });
const within = <T>(fn: (trx: Trx) => Promise<T>): Promise<T> => inTransaction(database.db, fn);
const moves = (memberId: string, kind: TransferKind, amount: number) =>
  within(async (trx) => (await post(trx, { kind, reference: newId(), memberId, amount })) !== undefined);
const closes = (memberId: string, { saga = newId(), giveUpBalance = false } = {}) =>
  within((trx) => closeWallet(trx, { saga, memberId, giveUpBalance }));
const balanceOf = (memberId: string) => wallets.balanceOf(database.db, memberId);

describe('the wallet of a member who wants to be deleted', () => {
  it('takes nothing in or out once it is closed but what is owed to it, and is as before when it is opened again', async () => {
    const [memberId, saga] = [newId(), newId()];
    expect(await moves(memberId, 'CHARGE', 5_000)).toBe(true);
    expect(await closes(memberId, { saga, giveUpBalance: true })).toMatchObject({ outcome: 'DONE' });
    expect([await moves(memberId, 'CHARGE', 1_000), await moves(memberId, 'PAYMENT', 1_000)]).toEqual([false, false]);
    const debits = (amount: number) => within((trx) => debitWallet({ post })(trx, { reference: newId(), memberId, amount }));
    expect(await debits(1_000)).toMatchObject({ code: 'ACCOUNT_CLOSED' });
    expect(await moves(memberId, 'REFUND', 700)).toBe(true);

    await within((trx) => wallets.reopen(trx, memberId, newId())); // another deletion's
    expect(await moves(memberId, 'PAYMENT', 1_000)).toBe(false);
    await within((trx) => wallets.reopen(trx, memberId, saga));
    expect(await debits(9_000)).toMatchObject({ code: 'INSUFFICIENT_POINTS' });
    expect(await moves(memberId, 'PAYMENT', 1_000)).toBe(true);
    expect(await balanceOf(memberId)).toBe(4_700);
  });

  it('is not closed with points that are not given up, nor while a payment is under way', async () => {
    const memberId = newId();
    await moves(memberId, 'CHARGE', 5_000);
    expect(await closes(memberId)).toMatchObject({ outcome: 'REFUSED', code: 'BALANCE_LEFT' });
    const payment = { id: newId(), memberId, reservationId: newId(), at: new Date() };
    await within((trx) => payments.insert(trx, payment));
    expect(await closes(memberId, { giveUpBalance: true })).toMatchObject({ outcome: 'REFUSED', code: 'ACCOUNT_IN_USE' });
    await within((trx) => payments.fail(trx, { id: payment.id, amount: undefined, code: 'NOT_FOUND' }));
    expect(await closes(memberId, { giveUpBalance: true })).toMatchObject({ outcome: 'DONE' });
  });

  it('is closed before or after what comes at the same moment: points that were taken in are there, and none after it', async () => {
    for (let round = 0; round < 10; round++) {
      const memberId = newId();
      await moves(memberId, 'CHARGE', 1_000);
      const [charged, paid, closed] = await Promise.all([
        moves(memberId, 'CHARGE', 500),
        moves(memberId, 'PAYMENT', 1_000),
        closes(memberId, { giveUpBalance: true }),
      ]);
      expect(closed).toMatchObject({ outcome: 'DONE' });
      expect(await moves(memberId, 'CHARGE', 1)).toBe(false);
      expect(await balanceOf(memberId)).toBe(1_000 + (charged ? 500 : 0) - (paid ? 1_000 : 0));
    }
  });
});

describe('an account that is no more', () => {
  const keyOf = (memberId: string) => ({
    scope: scopeBytes({ memberId, method: 'POST', path: '/p', key: newId(), requestHash: Buffer.alloc(32) }),
    request_hash: Buffer.alloc(32),
    value: '{"amount":1}',
    created_at: new Date(),
  });

  it('gives up its points by an entry of the ledger, which stays whole, and leaves no answer under its keys; nobody else’s are touched', async () => {
    const [ada, eve] = [newId(), newId()];
    for (const memberId of [ada, eve]) await moves(memberId, 'CHARGE', 5_000);
    await database.db('idempotency_keys').insert([keyOf(ada), keyOf(ada), keyOf(eve)]);
    await closes(ada, { giveUpBalance: true });
    const erase = eraseMember({ post });
    const deletionId = newId();
    for (let copy = 0; copy < 2; copy++) await within((trx) => erase(trx, { memberId: ada, deletionId, giveUpBalance: true }));

    expect([await balanceOf(ada), await balanceOf(eve)]).toEqual([0, 5_000]);
    const forfeits = await database.db('ledger_transactions').where({ kind: 'FORFEIT', reference: deletionId });
    expect(forfeits).toHaveLength(1);
    const entries = await database
      .db('ledger_entries')
      .where({ transaction_id: forfeits[0].id })
      .orderBy('amount')
      .select('account', 'amount');
    expect(entries).toEqual([
      { account: 'wallet', amount: -5_000 },
      { account: 'forfeits', amount: 5_000 },
    ]);
    expect(await database.db('idempotency_keys')).toHaveLength(1);
    expect((await checkLedger(database.db)).filter(({ violations }) => violations > 0)).toEqual([]);
    expect(await moves(ada, 'CHARGE', 1_000)).toBe(false);
  });

  it('has no points taken that its member did not give up: they stay in the closed wallet, where a look at the invariants finds them', async () => {
    const memberId = newId();
    await closes(memberId);
    await moves(memberId, 'REFUND', 300);
    await within((trx) => eraseMember({ post })(trx, { memberId, deletionId: newId(), giveUpBalance: false }));
    expect(await balanceOf(memberId)).toBe(300);
    expect(
      await database
        .db('wallets')
        .where({ member_id: idToBytes(memberId) })
        .whereNotNull('closed_by'),
    ).toHaveLength(1);
  });
});
