import type { Trx } from '@onsale/shared/db';
import type { SagaView } from '@onsale/shared/saga';
import type { PostTransfer } from '../ledger/post-transfer.ts';
import { holdOf, type Purchase } from './purchase.ts';

/**
 * Gives the debited price back.
 * @throws Error when the wallet was filled to its limit meanwhile: tried again until it fits, and shown to an operator, but never dropped
 */
export const creditWallet =
  ({ post }: { post: PostTransfer }) =>
  async (trx: Trx, { id, state }: SagaView<Purchase>): Promise<void> => {
    const { amount } = holdOf(state);
    if (amount === 0) return;
    const posted = await post(trx, { kind: 'REFUND', reference: id, memberId: state.memberId, amount });
    if (posted === undefined) throw new Error(`payment ${id}: the wallet has no room for the ${amount} points that are to go back`);
  };
