import type { Payment } from '@onsale/contracts/payment';
import type { Database } from '@onsale/shared/db';
import { notFound } from '@onsale/shared/errors';
import { createGather } from '@onsale/shared/gather';
import * as payments from './payment-store.ts';

/** Payments that end together are read together by all who wait for them. */
const LIMITS = { maxBatch: 200, maxInFlight: 4, maxWaiting: 5000, waitMs: 3000 };

interface MembersOwn {
  readonly id: string;
  readonly memberId: string;
}

export type ReadPayment = (own: MembersOwn) => Promise<Payment>;

/** One payment of a member. @throws Refusal NOT_FOUND when it is not theirs, OVERLOADED when too many wait */
export const readPayment = ({ db }: { db: Database }): ReadPayment => {
  const find = createGather<MembersOwn, Payment | undefined>({
    ...LIMITS,
    monotonic: () => performance.now(),
    ask: async (asked) => {
      const found = await payments.findAll(db, [...new Set(asked.map(({ id }) => id))]);
      return asked.map(({ id, memberId }) => (found.get(id)?.memberId === memberId ? found.get(id)!.payment : undefined));
    },
  });
  return async (own) => {
    const payment = await find(own);
    if (payment === undefined) throw notFound('payment');
    return payment;
  };
};
