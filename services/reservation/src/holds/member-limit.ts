import type { Trx } from '@onsale/shared/db';
import { MemberLimit } from './refusals.ts';
import * as reservations from './reservation-store.ts';

interface Wish {
  readonly memberId: string;
  readonly scheduleId: string;
  readonly count: number;
}

/**
 * That a member, with `count` seats more, has no more than `limit` of a schedule: held, under payment and owned together. Until the transaction ends,
 * no other one can pass here for the same member and schedule: many requests at once get no more than one after the other would.
 * @throws MemberLimit
 */
export const assertWithinLimit = async (trx: Trx, { memberId, scheduleId, count }: Wish, limit: number): Promise<void> => {
  await reservations.lockMember(trx, { memberId, scheduleId });
  const has = await reservations.countSeatsOfMember(trx, { memberId, scheduleId });
  if (has + count > limit) throw new MemberLimit({ limit, has });
};
