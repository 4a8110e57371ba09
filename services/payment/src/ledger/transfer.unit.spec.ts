import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { entriesOf, walletChange, type Transfer, type TransferKind } from './transfer.ts';

const transfer = (given: Partial<Transfer> = {}): Transfer => ({
  id: 't',
  kind: 'PAYMENT',
  reference: 'r',
  memberId: 'm',
  amount: 2000,
  at: new Date('2026-11-21T00:00:00.000Z'),
  ...given,
});
const ids = () => {
  let last = 0;
  return () => `entry-${(last += 1)}`;
};

describe('a transfer', () => {
  it.each<[TransferKind, number, string]>([
    ['CHARGE', 2000, 'charges'],
    ['PAYMENT', -2000, 'sales'],
    ['REFUND', 2000, 'sales'],
  ])('of kind %s changes the wallet by %d against %s', (kind, change, account) => {
    expect(walletChange(transfer({ kind }))).toBe(change);
    expect(entriesOf(transfer({ kind }), { balance: 5000, version: 7 }, ids())).toEqual([
      { id: 'entry-1', account: 'wallet', memberId: 'm', sequence: 7, amount: change, balanceAfter: 5000 },
      { id: 'entry-2', account, amount: -change },
    ]);
  });

  it('has sides that sum to zero, whatever it moves', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<TransferKind>('CHARGE', 'PAYMENT', 'REFUND'),
        fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        (kind, amount) =>
          entriesOf(transfer({ kind, amount }), { balance: 0, version: 1 }, ids()).reduce((sum, e) => sum + e.amount, 0) === 0,
      ),
    );
  });

  it.each([0, -1, 0.5, Number.NaN, Number.MAX_SAFE_INTEGER + 1])('refuses to move %d points', (amount) => {
    expect(() => walletChange(transfer({ amount }))).toThrow(RangeError);
  });
});
