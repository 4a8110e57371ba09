import type { Queryable, Trx } from '@onsale/shared/db';
import { idToBytes } from '@onsale/shared/ids';
import type { WalletState } from './transfer.ts';

/** Points of a member; 0 for one who never charged. */
export const balanceOf = async (db: Queryable, memberId: string): Promise<number> => {
  const row: { balance: number } | undefined = await db('wallets').where('member_id', idToBytes(memberId)).first('balance');
  return row?.balance ?? 0;
};

/**
 * Adds `by` (signed points) where the balance stays within 0 and the safe integers, and the wallet is not closed, unless that does not matter, by one conditional
 * UPDATE: the database decides among many. Nothing, and no change, where it would not, or where there is no row.
 */
export const change = async (
  trx: Trx,
  memberId: string,
  by: number,
  { closedToo }: { closedToo: boolean },
): Promise<WalletState | undefined> => {
  const changed = await trx('wallets')
    .where('member_id', idToBytes(memberId))
    .whereRaw(closedToo ? '1 = 1' : 'closed_by IS NULL')
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

/** Whether nothing but what is owed to it moves into or out of the wallet any more. */
export const isClosed = async (db: Queryable, memberId: string): Promise<boolean> => {
  const row: unknown = await db('wallets').where('member_id', idToBytes(memberId)).whereNotNull('closed_by').first('member_id');
  return row !== undefined;
};

/** The wallet, made where there is none; nobody else changes it until the transaction ends. */
export const openLocked = async (trx: Trx, memberId: string): Promise<WalletState> => {
  await open(trx, memberId);
  const wallet: WalletState | undefined = await trx('wallets')
    .where('member_id', idToBytes(memberId))
    .forUpdate()
    .first('balance', 'version');
  if (wallet === undefined) throw new Error('a wallet was opened, and is not there');
  return wallet;
};

/** For this deletion. */
export const close = async (trx: Trx, memberId: string, deletionId: string): Promise<void> => {
  await trx('wallets')
    .where('member_id', idToBytes(memberId))
    .update({ closed_by: idToBytes(deletionId) });
};

/** If it was closed for this deletion. */
export const reopen = async (trx: Trx, memberId: string, deletionId: string): Promise<void> => {
  await trx('wallets')
    .where({ member_id: idToBytes(memberId), closed_by: idToBytes(deletionId) })
    .update({ closed_by: null });
};
