import type { Trx } from '@onsale/shared/db';
import { done, refused } from '@onsale/shared/inbox';
import * as wallets from '../ledger/wallet-store.ts';
import { hasUnderWay } from '../payments/payment-store.ts';

interface CloseWallet {
  /** The deletion that asks. */
  readonly saga: string;
  readonly memberId: string;
  readonly giveUpBalance: boolean;
}

/**
 * Closes the wallet of a member who wants to be deleted: no charge and no payment moves points from here on, so that none are lost with the account. Refused while
 * a payment or refund is under way, and where points are left that the member does not give up. One that begins at this very moment is not seen, and finds the
 * wallet closed when it comes to its debit.
 */
export const closeWallet = async (trx: Trx, { saga, memberId, giveUpBalance }: CloseWallet) => {
  const { balance } = await wallets.openLocked(trx, memberId);
  if (await hasUnderWay(trx, memberId)) return refused('ACCOUNT_IN_USE', 'A payment or a refund is under way.');
  if (balance > 0 && !giveUpBalance) return refused('BALANCE_LEFT', `The wallet holds ${balance} points.`);
  await wallets.close(trx, memberId, saga);
  return done();
};
