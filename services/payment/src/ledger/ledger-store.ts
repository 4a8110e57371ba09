import type { WalletEntry } from '@onsale/contracts/payment';
import { createTail, type Queryable, type Trx } from '@onsale/shared/db';
import { bytesToId, idToBytes } from '@onsale/shared/ids';
import type { LedgerEntry, Transfer, TransferKind } from './transfer.ts';

interface Written {
  readonly transfer: Transfer;
  readonly entries: readonly LedgerEntry[];
}

const transactionRow = ({ transfer: { id, kind, reference, at } }: Written) => ({ id: idToBytes(id), kind, reference, created_at: at });

const entryRows = ({ transfer, entries }: Written) =>
  entries.map((entry) => ({
    id: idToBytes(entry.id),
    transaction_id: idToBytes(transfer.id),
    account: entry.account,
    member_id: entry.account === 'wallet' ? idToBytes(entry.memberId) : null,
    sequence: entry.account === 'wallet' ? entry.sequence : null,
    amount: entry.amount,
    balance_after: entry.account === 'wallet' ? entry.balanceAfter : null,
    created_at: transfer.at,
  }));

const atTheEnd = createTail<Written>({
  write: async (trx, all) => {
    await trx('ledger_transactions').insert(all.map(transactionRow));
    await trx('ledger_entries').insert(all.flatMap(entryRows));
  },
});

/**
 * Has a transfer and its sides written at the end of the transaction: debits of many orders share one (`inGroups`), and are two statements for all of them.
 * One whose (reference, kind) was moved already ends the transaction with a duplicate error.
 */
export const insert = (trx: Trx, transfer: Transfer, entries: readonly LedgerEntry[]): void => atTheEnd(trx, { transfer, entries });

interface EntryRow {
  id: Buffer;
  kind: TransferKind;
  reference: string;
  amount: number;
  balance_after: number;
  sequence: number;
  created_at: Date;
}

/** A wallet's entries below `before` (a sequence), newest first, each with its sequence. */
export const entriesBelow = async (
  db: Queryable,
  { memberId, before, limit }: { memberId: string; before: number; limit: number },
): Promise<{ sequence: number; entry: WalletEntry }[]> => {
  const rows: EntryRow[] = await db('ledger_entries as e')
    .join('ledger_transactions as t', 't.id', 'e.transaction_id')
    .where('e.member_id', idToBytes(memberId))
    .where('e.sequence', '<', before)
    .orderBy('e.sequence', 'desc')
    .limit(limit)
    .select('e.id', 't.kind', 't.reference', 'e.amount', 'e.balance_after', 'e.sequence', 'e.created_at');
  return rows.map((row) => ({
    sequence: row.sequence,
    entry: {
      id: bytesToId(row.id),
      type: row.kind,
      amount: row.amount,
      balanceAfter: row.balance_after,
      reference: row.reference,
      createdAt: row.created_at.toISOString(),
    },
  }));
};
