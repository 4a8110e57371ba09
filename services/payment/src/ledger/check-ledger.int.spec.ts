import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { inTransaction } from '@onsale/shared/db';
import { idToBytes, newId, systemClock } from '@onsale/shared/ids';
import { testDatabase, type TestDatabase } from '@onsale/shared/testing';
import * as payments from '../payments/payment-store.ts';
import { checkLedger } from './check-ledger.ts';
import { postTransfer } from './post-transfer.ts';

const post = postTransfer({ newId, clock: systemClock });
const memberId = newId();
const paidId = newId();
const failedId = newId();
let database: TestDatabase;

beforeEach(async () => {
  database = await testDatabase({ migrations: new URL('../../migrations/', import.meta.url) });
  await inTransaction(database.db, async (trx) => {
    const at = systemClock.now();
    await post(trx, { kind: 'CHARGE', reference: newId(), memberId, amount: 5000 });
    await payments.insert(trx, { id: paidId, memberId, reservationId: newId(), at });
    await post(trx, { kind: 'PAYMENT', reference: paidId, memberId, amount: 2000 });
    await payments.complete(trx, { id: paidId, amount: 2000, at });
    await payments.insert(trx, { id: failedId, memberId, reservationId: newId(), at });
    await post(trx, { kind: 'PAYMENT', reference: failedId, memberId, amount: 3000 });
    await post(trx, { kind: 'REFUND', reference: failedId, memberId, amount: 3000 });
    await payments.fail(trx, { id: failedId, amount: 3000, code: 'HOLD_LOST' });
  });
});
afterEach(() => database.drop());

const violated = async (): Promise<string[]> =>
  (await checkLedger(database.db)).filter(({ violations }) => violations > 0).map(({ says }) => says);

describe('checkLedger', () => {
  it('finds nothing in a ledger that is whole', async () => {
    const findings = await checkLedger(database.db);
    expect(findings.map(({ violations, offenders }) => [violations, offenders])).toEqual(findings.map(() => [0, []]));
  });

  const faults: [string, () => Promise<unknown>, string[]][] = [
    [
      'a one-sided transaction',
      () => database.db('ledger_entries').where('account', 'charges').delete(),
      ['every ledger transaction has two or more entries, which sum to zero'],
    ],
    [
      'an entry of no transaction',
      () => database.db('ledger_transactions').where('kind', 'CHARGE').delete(),
      ['every ledger entry belongs to a transaction'],
    ],
    [
      'a balance that no entry explains',
      () => database.db('wallets').increment('balance', 1),
      ['no wallet is negative; each holds the sum of its entries, and has one entry a version'],
    ],
    [
      'a wallet entry that forgot the one before it',
      () => database.db('ledger_entries').where('sequence', 2).increment('balance_after', 7),
      ['every wallet entry follows from the one before it'],
    ],
    ['a wallet that is gone', () => database.db('wallets').delete(), ['every wallet entry has a wallet']],
    [
      'a completed payment that took something else',
      () => database.db('payments').where('id', idToBytes(paidId)).update({ amount: 1999 }),
      ['a completed payment has taken its amount, once; a failed one has taken nothing'],
    ],
    [
      'a failed payment that was never credited back',
      () => database.db('ledger_transactions').where({ kind: 'REFUND', reference: failedId }).update({ reference: 'elsewhere' }),
      ['a completed payment has taken its amount, once; a failed one has taken nothing'],
    ],
  ];
  it.each(faults)('names %s', async (_fault, plant, says) => {
    await plant();
    expect(await violated()).toEqual(says);
  });

  it('counts all offenders and names the first ten', async () => {
    for (let n = 0; n < 12; n += 1) {
      await inTransaction(database.db, (trx) => post(trx, { kind: 'CHARGE', reference: newId(), memberId: newId(), amount: 1000 }));
    }
    await database.db('wallets').increment('balance', 1);
    const finding = (await checkLedger(database.db)).find(({ violations }) => violations > 0);
    expect(finding?.violations).toBe(13);
    expect(finding?.offenders).toHaveLength(10);
  });
});
