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
 * payments stay, by ids that name nobody any more. The wallet stays closed. Points that were not given up cannot be there: it was closed empty, and nothing that would bring
 * some back was under way or could begin. If some are, they are nobody's to take: they stay, and `npm run verify:invariants` tells of them (I8).
 */
export const eraseMember =
  ({ post }: { post: PostTransfer }) =>
  async (trx: Trx, { memberId, deletionId, giveUpBalance }: DeletedMember): Promise<void> => {
    await eraseKeys(trx, memberId);
    const { balance } = await wallets.openLocked(trx, memberId);
    if (balance > 0 && giveUpBalance) await post(trx, { kind: 'FORFEIT', reference: deletionId, memberId, amount: balance });
  };
