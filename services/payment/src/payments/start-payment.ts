import type { Database } from '@onsale/shared/db';
import type { Once } from '@onsale/shared/idempotency';
import type { Clock, NewId } from '@onsale/shared/ids';
import type { SagaRunner } from '@onsale/shared/saga';
import type { TicketPurchase } from '../purchase/purchase-saga.ts';
import { AlreadyPaid, PaymentInProgress } from './payment-errors.ts';
import * as payments from './payment-store.ts';

interface Deps {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly sagas: SagaRunner;
  readonly purchase: TicketPurchase;
}

interface StartPayment {
  readonly memberId: string;
  readonly reservationId: string;
  readonly once: Once;
}

/**
 * Writes a PROCESSING payment and starts its saga, which has the payment's id, in one transaction. Whether the reservation exists, is the
 * member's and is still held, its owner answers in the saga's first step.
 * @throws AlreadyPaid, PaymentInProgress naming the live payment of this member for this reservation
 */
export const startPayment =
  ({ db, clock, newId, sagas, purchase }: Deps) =>
  ({ memberId, reservationId, once }: StartPayment): Promise<{ paymentId: string }> =>
    once.transaction(db, async (trx) => {
      const payment = { id: newId(), memberId, reservationId, at: clock.now() };
      if (!(await payments.insert(trx, payment))) {
        const live = await payments.findLive(trx, { memberId, reservationId });
        throw live === undefined || live.status === 'PROCESSING' ? new PaymentInProgress(live?.id) : new AlreadyPaid(live.id);
      }
      await sagas.start(trx, purchase, { id: payment.id, state: { memberId, reservationId } });
      return { paymentId: payment.id };
    });
