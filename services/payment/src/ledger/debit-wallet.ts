import type { Trx } from '@onsale/shared/db';
import { refused, type Refused } from '@onsale/shared/inbox';
import type { PostTransfer } from './post-transfer.ts';

/** What somebody pays for, and how much. */
export interface Due {
  /** In the ledger; one reference is paid once, and given back once. */
  readonly reference: string;
  readonly memberId: string;
  readonly amount: number;
}

/** Takes the price out of the member's wallet; refused with INSUFFICIENT_POINTS where it holds less. What is free moves nothing. */
export const debitWallet =
  ({ post }: { post: PostTransfer }) =>
  async (trx: Trx, { reference, memberId, amount }: Due): Promise<Refused | void> => {
    if (amount === 0) return;
    const posted = await post(trx, { kind: 'PAYMENT', reference, memberId, amount });
    if (posted === undefined) return refused('INSUFFICIENT_POINTS', `It costs ${amount} points.`);
  };
