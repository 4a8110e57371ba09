import type { Queryable, Trx } from '@onsale/shared/db';
import { idToBytes } from '@onsale/shared/ids';
import type { WalletState } from './transfer.ts';

/** Points of a member; 0 for one who never charged. */
export const balanceOf = async (db: Queryable, memberId: string): Promise<number> => {
  const row: { balance: number } | undefined = await db('wallets').where('member_id', idToBytes(memberId)).first('balance');
  return row?.balance ?? 0;
};

/**
 * Adds `by` (signed points) where the balance stays within 0 and the safe integers, by one conditional UPDATE: the database decides among many.
 * Nothing, and no change, where it would not, or where there is no row.
 */
export const change = async (trx: Trx, memberId: string, by: number): Promise<WalletState | undefined> => {
  const changed = await trx('wallets')
    .where('member_id', idToBytes(memberId))
    .whereRaw('balance + ? BETWEEN 0 AND ?', [by, Number.MAX_SAFE_INTEGER])
    .update({ balance: trx.raw('balance + ?', [by]), version: trx.raw('version + 1') });
  if (changed === 0) return undefined;
  return trx('wallets').where('member_id', idToBytes(memberId)).first('balance', 'version');
};

/** Makes the row of a first charge. `ON DUPLICATE KEY` locks for writing at once: INSERT IGNORE would share the lock, and two then deadlock. */
export const open = async (trx: Trx, memberId: string): Promise<void> => {
  await trx.raw('INSERT INTO wallets (member_id, balance, version) VALUES (?, 0, 0) ON DUPLICATE KEY UPDATE version = version', [
    idToBytes(memberId),
  ]);
};
