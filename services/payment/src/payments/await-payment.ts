import type { Payment } from '@onsale/contracts/payment';
import type { Database } from '@onsale/shared/db';
import { notFound } from '@onsale/shared/errors';
import type { Ends } from '@onsale/shared/saga';
import * as payments from './payment-store.ts';

interface AwaitPayment {
  readonly paymentId: string;
  readonly memberId: string;
  /** Longest wait for the end. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/**
 * The payment when it has ended, or as it is after `waitMs`. One that ended before is answered at once: a key that is sent again long after does not
 * wait for news that came and went.
 */
export const awaitPayment =
  ({ db, ends }: { db: Database; ends: Ends }) =>
  async ({ paymentId, memberId, waitMs, signal }: AwaitPayment): Promise<Payment> => {
    const read = async (): Promise<Payment> => {
      const payment = await payments.find(db, { id: paymentId, memberId });
      if (payment === undefined) throw notFound('payment');
      return payment;
    };
    const payment = await read();
    if (payment.status !== 'PROCESSING' || waitMs === 0) return payment;
    await ends.wait(paymentId, waitMs, signal);
    return read();
  };
