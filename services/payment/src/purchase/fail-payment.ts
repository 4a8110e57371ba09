import { codes, type Code } from '@onsale/contracts';
import { paymentFailed } from '@onsale/contracts/payment';
import { afterCommit, type Trx } from '@onsale/shared/db';
import { eventOf, type Outbox } from '@onsale/shared/outbox';
import type { Ends, Failure, SagaView } from '@onsale/shared/saga';
import * as payments from '../payments/payment-store.ts';
import type { Purchase } from './purchase.ts';

const isCode = (code: string): code is Code => Object.hasOwn(codes, code);

/** PROCESSING -> FAILED with the code of the step that refused: all is taken back, and the reservation, if still held, can be paid again. */
export const failPayment =
  ({ outbox, ends }: { outbox: Outbox; ends: Ends }) =>
  async (trx: Trx, { id, state, failure }: SagaView<Purchase> & { readonly failure: Failure }): Promise<void> => {
    const { memberId, reservationId, hold } = state;
    const code = isCode(failure.code) ? failure.code : 'INTERNAL';
    const changed = await payments.fail(trx, { id, amount: hold?.amount, code });
    if (!changed) throw new Error(`payment ${id} has ended already`);
    await outbox.add(
      trx,
      eventOf(paymentFailed, { subject: id, sequence: payments.ENDED, data: { paymentId: id, reservationId, memberId, code } }),
    );
    afterCommit(trx, () => ends.announce(id));
  };
