import { codes } from '@onsale/contracts';
import type { Payment } from '@onsale/contracts/payment';
import { Refusal } from '@onsale/shared/errors';

export class AlreadyPaid extends Refusal {
  constructor(paymentId: string) {
    super('ALREADY_PAID', 'The reservation is paid.', { extra: { paymentId } });
  }
}

export class PaymentInProgress extends Refusal {
  constructor(paymentId: string | undefined) {
    super('PAYMENT_IN_PROGRESS', 'Another payment for this reservation is under way. Read how it ends.', {
      retryAfterSeconds: 1,
      extra: paymentId === undefined ? {} : { paymentId },
    });
  }
}

/** What a member can do next; for codes that are not here, their title says it all. */
const advice: Partial<Record<NonNullable<Payment['code']>, string>> = {
  INSUFFICIENT_POINTS: 'Nothing was taken, and the seats are still held. Charge, then pay again with a new Idempotency-Key.',
  ACCOUNT_CLOSED: 'Nothing was taken. If the account is not deleted after all, pay again with a new Idempotency-Key.',
  HOLD_EXPIRED: 'Nothing was taken. The seats are free again.',
  HOLD_LOST: 'The points are back in the wallet, and the seats are gone.',
  CANCELLED_BY_OPERATOR: 'Nothing was taken. As long as the seats are held, pay again with a new Idempotency-Key.',
  PAYMENT_IN_PROGRESS: 'Nothing was taken. Another payment holds the reservation.',
};

/** The problem of a payment that has FAILED, for whoever asked to pay; it names the payment, and the price where it was known. */
export class PaymentFailed extends Refusal {
  constructor({ id, amount, code = 'INTERNAL' }: Payment) {
    super(code, advice[code] ?? `${codes[code].title}. Nothing was taken.`, {
      extra: { paymentId: id, ...(amount === undefined ? {} : { amount }) },
    });
  }
}
