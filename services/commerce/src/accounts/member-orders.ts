import type { Queryable } from '@onsale/shared/db';
import { idToBytes } from '@onsale/shared/ids';

/** Whether an order of the member, or the cancellation of one, has not ended. By the index of its list. */
export const hasOrderUnderWay = async (db: Queryable, memberId: string): Promise<boolean> => {
  const row: unknown = await db('orders')
    .where({ member_id: idToBytes(memberId) })
    .whereIn('status', ['PENDING', 'CANCELLING'])
    .first('id');
  return row !== undefined;
};
