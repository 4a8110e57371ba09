import type { WalletEntry } from '@onsale/contracts/payment';
import * as messages from '@onsale/contracts/payment';
import type { Database } from '@onsale/shared/db';
import type { Once } from '@onsale/shared/idempotency';
import type { NewId } from '@onsale/shared/ids';
import { eventOf, type Outbox } from '@onsale/shared/outbox';
import type { PostTransfer } from '../ledger/post-transfer.ts';
import { isClosed } from '../ledger/wallet-store.ts';
import { AccountClosed, AmountTooSmall, BalanceTooLarge } from './wallet-errors.ts';

interface Deps {
  readonly db: Database;
  readonly newId: NewId;
  readonly outbox: Outbox;
  readonly post: PostTransfer;
  /** Least amount of a charge, in points. */
  readonly minimum: number;
}

interface ChargeWallet {
  readonly memberId: string;
  readonly amount: number;
  readonly once: Once;
}

/**
 * Adds points to the member's wallet, opening it with the first charge. Answers the ledger entry.
 * @throws AmountTooSmall below the minimum; BalanceTooLarge where the wallet would leave the safe integers; AccountClosed
 */
export const chargeWallet =
  ({ db, newId, outbox, post, minimum }: Deps) =>
  async ({ memberId, amount, once }: ChargeWallet): Promise<WalletEntry> => {
    if (amount < minimum) throw new AmountTooSmall(minimum);
    return once.transaction(db, async (trx) => {
      const posted = await post(trx, { kind: 'CHARGE', reference: newId(), memberId, amount });
      if (posted === undefined) throw (await isClosed(trx, memberId)) ? new AccountClosed() : new BalanceTooLarge();
      const { entry, walletVersion } = posted;
      await outbox.add(
        trx,
        eventOf(messages.walletCharged, { subject: memberId, sequence: walletVersion, data: { memberId, entryId: entry.id, amount } }),
      );
      return entry;
    });
  };
