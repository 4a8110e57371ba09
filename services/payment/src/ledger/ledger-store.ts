import type { WalletEntry } from '@onsale/contracts/payment';
import type { Queryable, Trx } from '@onsale/shared/db';
import { bytesToId, idToBytes } from '@onsale/shared/ids';
import type { LedgerEntry, Transfer, TransferKind } from './transfer.ts';

/** Writes a transfer and its sides. @throws a duplicate error when its (reference, kind) was moved already */
export const insert = async (trx: Trx, transfer: Transfer, entries: readonly LedgerEntry[]): Promise<void> => {
  await trx('ledger_transactions').insert({
    id: idToBytes(transfer.id),
    kind: transfer.kind,
    reference: transfer.reference,
    created_at: transfer.at,
  });
  await trx('ledger_entries').insert(
    entries.map((entry) => ({
      id: idToBytes(entry.id),
      transaction_id: idToBytes(transfer.id),
      account: entry.account,
      member_id: entry.account === 'wallet' ? idToBytes(entry.memberId) : null,
      sequence: entry.account === 'wallet' ? entry.sequence : null,
      amount: entry.amount,
      balance_after: entry.account === 'wallet' ? entry.balanceAfter : null,
      created_at: transfer.at,
    })),
  );
};

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
