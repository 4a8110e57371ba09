import type { Payment } from '@onsale/contracts/payment';
import type { Database } from '@onsale/shared/db';
import { notFound } from '@onsale/shared/errors';
import { awaitEnd, type Ends } from '@onsale/shared/saga';
import * as payments from './payment-store.ts';

interface AwaitPayment {
  readonly paymentId: string;
  readonly memberId: string;
  /** Longest wait for the end. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** The payment when it has ended, or as it is after `waitMs`. @throws Refusal NOT_FOUND when it is not this member's */
export const awaitPayment =
  ({ db, ends }: { db: Database; ends: Ends }) =>
  ({ paymentId, memberId, waitMs, signal }: AwaitPayment): Promise<Payment> => {
    const read = async (): Promise<Payment> => {
      const payment = await payments.find(db, { id: paymentId, memberId });
      if (payment === undefined) throw notFound('payment');
      return payment;
    };
    return awaitEnd({ ends, id: paymentId, waitMs, signal, read, isUnderWay: ({ status }) => status === 'PROCESSING' });
  };
