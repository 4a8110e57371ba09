import type { WalletEntry } from '@onsale/contracts/payment';
import type { Trx } from '@onsale/shared/db';
import type { Clock, NewId } from '@onsale/shared/ids';
import * as ledger from './ledger-store.ts';
import { entriesOf, movesClosed, walletChange, type Transfer } from './transfer.ts';
import * as wallets from './wallet-store.ts';

/** What a transfer has done to the wallet. */
export interface Posted {
  readonly entry: WalletEntry;
  readonly walletVersion: number;
}

export type PostTransfer = (trx: Trx, order: Omit<Transfer, 'id' | 'at'>) => Promise<Posted | undefined>;

/**
 * Moves points between a wallet and its system account: the balance, and both ledger entries, in the caller's transaction.
 * Undefined, with nothing changed, when the wallet holds too little, would hold more than a safe integer, or is closed.
 * What was moved before by this (reference, kind) ends the transaction with a duplicate error.
 */
export const postTransfer =
  ({ newId, clock }: { newId: NewId; clock: Clock }): PostTransfer =>
  async (trx, order) => {
    const by = walletChange(order);
    const how = { closedToo: movesClosed(order.kind) };
    let wallet = await wallets.change(trx, order.memberId, by, how);
    if (wallet === undefined && by > 0) {
      await wallets.open(trx, order.memberId);
      wallet = await wallets.change(trx, order.memberId, by, how);
    }
    if (wallet === undefined) return undefined;

    const transfer: Transfer = { ...order, id: newId(), at: clock.now() };
    const [ours, theirs] = entriesOf(transfer, wallet, newId);
    ledger.insert(trx, transfer, [ours, theirs]);
    return {
      walletVersion: wallet.version,
      entry: {
        id: ours.id,
        type: transfer.kind,
        amount: by,
        balanceAfter: wallet.balance,
        reference: transfer.reference,
        createdAt: transfer.at.toISOString(),
      },
    };
  };
