import type { Payment } from '@onsale/contracts/payment';
import { awaitEnd, type Ends } from '@onsale/shared/saga';
import type { ReadPayment } from './read-payment.ts';

interface AwaitPayment {
  readonly paymentId: string;
  readonly memberId: string;
  /** It was started a moment ago. */
  readonly begun: boolean;
  /** Longest wait for the end. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** The payment when it has ended, or as it is after `waitMs`. @throws Refusal NOT_FOUND when it is not this member's */
export const awaitPayment =
  ({ readPayment, ends }: { readPayment: ReadPayment; ends: Ends }) =>
  ({ paymentId, memberId, begun, waitMs, signal }: AwaitPayment): Promise<Payment> => {
    const read = (): Promise<Payment> => readPayment({ id: paymentId, memberId });
    return awaitEnd({ ends, id: paymentId, begun, waitMs, signal, read, isUnderWay: ({ status }) => status === 'PROCESSING' });
  };
