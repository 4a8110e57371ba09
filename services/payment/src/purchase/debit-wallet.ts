import type { Trx } from '@onsale/shared/db';
import { refused, type Refused } from '@onsale/shared/inbox';
import type { SagaView } from '@onsale/shared/saga';
import type { PostTransfer } from '../ledger/post-transfer.ts';
import { holdOf, type Purchase } from './purchase.ts';

/** Takes the price out of the member's wallet; refused with INSUFFICIENT_POINTS where it holds less. Free seats move nothing. */
export const debitWallet =
  ({ post }: { post: PostTransfer }) =>
  async (trx: Trx, { id, state }: SagaView<Purchase>): Promise<Refused | void> => {
    const { amount } = holdOf(state);
    if (amount === 0) return;
    const posted = await post(trx, { kind: 'PAYMENT', reference: id, memberId: state.memberId, amount });
    if (posted === undefined) return refused('INSUFFICIENT_POINTS', `The reservation costs ${amount} points.`);
  };
