import type { Trx } from '@onsale/shared/db';
import { bytesToId, idToBytes } from '@onsale/shared/ids';
import type { DeletionStatus } from './deletion-store.ts';

/**
 * Which of these members are gone, or have a deletion under way: for them nothing may begin that takes points or gives them back. None of the others can be deleted, nor
 * ask for it, until the transaction ends: what begins in it is seen by a deletion. The rows are shared, ids ascending, so that orders do not wait for each other; to be
 * asked for before the locks of orders and goods. Members of an identity provider have no row, and no deletion.
 */
export const closedAmong = async (trx: Trx, memberIds: readonly string[]): Promise<ReadonlySet<string>> => {
  const ids = [...new Set(memberIds)].toSorted();
  const found: { id: Buffer; deletion: Buffer | null }[] = await trx('members as m')
    .leftJoin('account_deletions as d', 'd.live_member_id', 'm.id')
    .whereIn('m.id', ids.map(idToBytes))
    .orderBy('m.id')
    .forShare() // of the deletion too: a plain read would see it as it was before the lock was had
    .select('m.id', 'd.id as deletion');
  const leaving = found.flatMap(({ id, deletion }) => (deletion === null ? [] : [bytesToId(id)]));
  const known = new Set(found.map(({ id }) => bytesToId(id)));
  const unknown = ids.filter((id) => !known.has(id));
  if (unknown.length === 0) return new Set(leaving);
  const gone: Buffer[] = await trx('account_deletions')
    .whereIn('member_id', unknown.map(idToBytes))
    .where({ status: 'DONE' satisfies DeletionStatus })
    .pluck('member_id');
  return new Set([...leaving, ...gone.map(bytesToId)]);
};
