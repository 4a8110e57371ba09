import { paymentCompleted } from '@onsale/contracts/payment';
import { afterCommit, type Trx } from '@onsale/shared/db';
import type { Clock } from '@onsale/shared/ids';
import { eventOf, type Outbox } from '@onsale/shared/outbox';
import type { Ends, SagaView } from '@onsale/shared/saga';
import * as payments from '../payments/payment-store.ts';
import { holdOf, type Purchase } from './purchase.ts';

interface Deps {
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly ends: Ends;
}

/** PROCESSING -> COMPLETED: the seats are the member's. Whoever waits for the payment is told at the commit, not only when the token is spent. */
export const completePayment =
  ({ clock, outbox, ends }: Deps) =>
  async (trx: Trx, { id, state }: SagaView<Purchase>): Promise<void> => {
    const { memberId, reservationId } = state;
    const { amount } = holdOf(state);
    const changed = await payments.complete(trx, { id, amount, at: clock.now() });
    if (!changed) throw new Error(`payment ${id} has ended already`);
    await outbox.add(
      trx,
      eventOf(paymentCompleted, { subject: id, sequence: payments.ENDED, data: { paymentId: id, reservationId, memberId, amount } }),
    );
    afterCommit(trx, () => ends.announce(id));
  };
