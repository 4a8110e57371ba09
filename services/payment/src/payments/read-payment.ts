import type { Payment } from '@onsale/contracts/payment';
import type { Database } from '@onsale/shared/db';
import { notFound } from '@onsale/shared/errors';
import { createLookup } from '@onsale/shared/gather';
import * as payments from './payment-store.ts';

interface MembersOwn {
  readonly id: string;
  readonly memberId: string;
}

export type ReadPayment = (own: MembersOwn) => Promise<Payment>;

/** One payment of a member. @throws Refusal NOT_FOUND when it is not theirs, OVERLOADED when too many wait */
export const readPayment = ({ db }: { db: Database }): ReadPayment => {
  const find = createLookup((ids) => payments.findAll(db, ids));
  return async ({ id, memberId }) => {
    const found = await find(id);
    if (found?.memberId !== memberId) throw notFound('payment');
    return found.payment;
  };
};
