import type { Trx } from '@onsale/shared/db';
import { eraseKeys } from '@onsale/shared/idempotency';
import type { PostTransfer } from '../ledger/post-transfer.ts';
import * as wallets from '../ledger/wallet-store.ts';

interface DeletedMember {
  readonly memberId: string;
  readonly deletionId: string;
  readonly giveUpBalance: boolean;
}

/**
 * The account is no more: points that are left, and were given up, leave the wallet by an entry of the ledger, and what was answered under keys is forgotten. Ledger and
 * payments stay, by ids that name nobody any more. The wallet stays closed.
 */
export const eraseMember =
  ({ post }: { post: PostTransfer }) =>
  async (trx: Trx, { memberId, deletionId, giveUpBalance }: DeletedMember): Promise<void> => {
    await eraseKeys(trx, memberId);
    const { balance } = await wallets.openLocked(trx, memberId);
    if (balance > 0 && giveUpBalance) await post(trx, { kind: 'FORFEIT', reference: deletionId, memberId, amount: balance });
  };
