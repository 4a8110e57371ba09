import type { Code } from '@onsale/contracts';
import type { Queryable, Trx } from '@onsale/shared/db';
import { bytesToId, idToBytes } from '@onsale/shared/ids';

export type DeletionStatus = 'UNDER_WAY' | 'REFUSED' | 'DONE';

export interface StoredDeletion {
  readonly id: string;
  readonly status: DeletionStatus;
  readonly giveUpBalance: boolean;
  readonly code?: Code;
  readonly detail?: string;
  readonly createdAt: Date;
}

interface Row {
  id: Buffer;
  status: DeletionStatus;
  give_up_balance: number;
  code: Code | null;
  detail: string | null;
  created_at: Date;
}

const COLUMNS = ['id', 'status', 'give_up_balance', 'code', 'detail', 'created_at'] as const;
const DETAIL_LENGTH = 200;

const deletionOf = ({ id, status, give_up_balance, code, detail, created_at }: Row): StoredDeletion => ({
  id: bytesToId(id),
  status,
  giveUpBalance: give_up_balance === 1,
  ...(code !== null && { code }),
  ...(detail !== null && { detail }),
  createdAt: created_at,
});

/** @throws a duplicate error when one of the member is under way */
export const insertDeletion = async (
  trx: Trx,
  { id, memberId, giveUpBalance, at }: { id: string; memberId: string; giveUpBalance: boolean; at: Date },
): Promise<void> => {
  await trx('account_deletions').insert({
    id: idToBytes(id),
    member_id: idToBytes(memberId),
    live_member_id: idToBytes(memberId),
    status: 'UNDER_WAY' satisfies DeletionStatus,
    give_up_balance: giveUpBalance,
    created_at: at,
  });
};

export const findDeletion = async (db: Queryable, id: string): Promise<StoredDeletion | undefined> => {
  const row: Row | undefined = await db('account_deletions')
    .where({ id: idToBytes(id) })
    .first(...COLUMNS);
  return row && deletionOf(row);
};

/** The last one of a member: that under way, if there is one. */
export const findLastOf = async (db: Queryable, memberId: string): Promise<StoredDeletion | undefined> => {
  const row: Row | undefined = await db('account_deletions')
    .where({ member_id: idToBytes(memberId) })
    .orderBy('id', 'desc')
    .first(...COLUMNS);
  return row && deletionOf(row);
};

/** UNDER_WAY -> REFUSED or DONE. */
export const endDeletion = async (
  trx: Trx,
  { id, status, code, detail }: { id: string; status: 'REFUSED' | 'DONE'; code?: string; detail?: string | undefined },
): Promise<void> => {
  await trx('account_deletions')
    .where({ id: idToBytes(id), status: 'UNDER_WAY' satisfies DeletionStatus })
    .update({
      status,
      code: code ?? null,
      detail: detail?.slice(0, DETAIL_LENGTH) ?? null,
      live_member_id: null,
      ended_at: trx.raw('NOW(3)'),
    });
};

/** Which have ended: one read for all who wait. */
export const haveEnded = async (db: Queryable, ids: readonly string[]): Promise<Map<string, boolean>> => {
  const rows: { id: Buffer; status: DeletionStatus }[] = await db('account_deletions')
    .whereIn('id', ids.map(idToBytes))
    .select('id', 'status');
  return new Map(rows.map(({ id, status }) => [bytesToId(id), status !== 'UNDER_WAY']));
};
