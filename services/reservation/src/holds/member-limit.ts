import type { Trx } from '@onsale/shared/db';
import type { ExpireReservations } from './expire-reservations.ts';
import { MemberLimit } from './refusals.ts';
import { mayExpire } from './reservation-state.ts';
import * as reservations from './reservation-store.ts';

interface Wish {
  readonly memberId: string;
  readonly scheduleId: string;
  readonly count: number;
}

/**
 * That a member, with `count` seats more, has no more than `limit` of a schedule: held, under payment and owned together. Until the transaction ends,
 * no other one can pass here for the same member and schedule: many requests at once get no more than one after the other would. A hold that has lapsed
 * counts until it is expired, here if need be: a payment that came in time may just be locking it.
 * @throws MemberLimit
 */
export const withinLimit =
  (expireReservations: ExpireReservations, limit: number) =>
  async (trx: Trx, { memberId, scheduleId, count }: Wish): Promise<void> => {
    const whose = { memberId, scheduleId };
    await reservations.lockMember(trx, whose);
    let has = await reservations.countSeatsOfMember(trx, whose);
    if (has + count > limit) {
      const lapsed = await reservations.lapsedOfMember(trx, whose);
      if (lapsed.length > 0) {
        await expireReservations(trx, (await reservations.lock(trx, lapsed)).filter(mayExpire));
        has = await reservations.countSeatsOfMember(trx, whose);
      }
    }
    if (has + count > limit) throw new MemberLimit({ limit, has });
  };
