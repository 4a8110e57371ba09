import type { Trx } from '@onsale/shared/db';
import type { Due } from './debit-wallet.ts';
import type { PostTransfer } from './post-transfer.ts';

/**
 * Gives the debited price back.
 * @throws Error when the wallet was filled to its limit meanwhile: tried again until it fits, and shown to an operator, but never dropped
 */
export const creditWallet =
  ({ post }: { post: PostTransfer }) =>
  async (trx: Trx, { reference, memberId, amount }: Due): Promise<void> => {
    if (amount === 0) return;
    const posted = await post(trx, { kind: 'REFUND', reference, memberId, amount });
    if (posted === undefined) throw new Error(`${reference}: the wallet has no room for the ${amount} points that are to go back`);
  };
