import type { Trx } from '@onsale/shared/db';
import { refused, type Refused } from '@onsale/shared/inbox';
import type { PostTransfer } from './post-transfer.ts';
import { isClosed } from './wallet-store.ts';

/** What somebody pays for, and how much. */
export interface Due {
  /** In the ledger; one reference is paid once, and given back once. */
  readonly reference: string;
  readonly memberId: string;
  readonly amount: number;
}

/** Takes the price out of the member's wallet; refused with INSUFFICIENT_POINTS where it holds less, with ACCOUNT_CLOSED where it is closed for a deletion. What is free moves nothing. */
export const debitWallet =
  ({ post }: { post: PostTransfer }) =>
  async (trx: Trx, { reference, memberId, amount }: Due): Promise<Refused | void> => {
    if (amount === 0) return;
    const posted = await post(trx, { kind: 'PAYMENT', reference, memberId, amount });
    if (posted !== undefined) return;
    if (await isClosed(trx, memberId)) return refused('ACCOUNT_CLOSED', 'The account is being deleted.');
    return refused('INSUFFICIENT_POINTS', `It costs ${amount} points.`);
  };
