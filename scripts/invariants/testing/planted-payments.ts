import { inTransaction, type Database } from '@onsale/shared/db';
import { createIdempotencyStore } from '@onsale/shared/idempotency';
import { idToBytes, newId, systemClock } from '@onsale/shared/ids';
import { createKafkaBroker } from '@onsale/shared/kafka';
import { createMetrics } from '@onsale/shared/metrics';
import { createOutbox } from '@onsale/shared/outbox';
import { createEnds, createSagaRunner } from '@onsale/shared/saga';
import { captureLog, testKafka } from '@onsale/shared/testing';
import { postTransfer } from '../../../services/payment/src/ledger/post-transfer.ts';
import * as payments from '../../../services/payment/src/payments/payment-store.ts';
import { completePayment } from '../../../services/payment/src/purchase/complete-payment.ts';
import { creditWallet } from '../../../services/payment/src/ledger/credit-wallet.ts';
import { debitWallet } from '../../../services/payment/src/ledger/debit-wallet.ts';
import { failPayment } from '../../../services/payment/src/purchase/fail-payment.ts';
import { ticketPurchase } from '../../../services/payment/src/purchase/purchase-saga.ts';

/** Who wants to pay what, by which key. */
export interface Buyer {
  readonly memberId: string;
  readonly reservationId: string;
  readonly number: number;
  readonly key: string;
}

/** The saga as the service has it, with a relay that is never started. */
const purchaseSagas = (db: Database) => {
  const { log } = captureLog();
  const metrics = createMetrics({ service: 'payment', defaults: false });
  const broker = createKafkaBroker({ ...testKafka(), clientId: 'spec', log, metrics });
  const outbox = createOutbox({ db, broker, source: 'payment', log, metrics });
  const ends = createEnds({ namespace: 'spec', read: async () => new Map(), metrics });
  const post = postTransfer({ newId, clock: systemClock });
  const purchase = ticketPurchase({
    debitWallet: debitWallet({ post }),
    creditWallet: creditWallet({ post }),
    completePayment: completePayment({ clock: systemClock, outbox, ends }),
    failPayment: failPayment({ outbox, ends }),
  });
  return { post, purchase, sagas: createSagaRunner({ db, outbox, sagas: [purchase], log, metrics }) };
};

/** What payment leaves in its schema when purchases begin and end. */
export const plantedPayments = (db: Database, { amount, queueId }: { amount: number; queueId: string }) => {
  const { post, purchase, sagas } = purchaseSagas(db);
  const keys = createIdempotencyStore({ db, clock: systemClock });
  const once = (path: string, { memberId, key }: Buyer) =>
    keys.once({ memberId, method: 'POST', path: `/api/v1${path}`, key, requestHash: Buffer.alloc(32) });

  const endSaga = async (paymentId: string, ended: { status: string; step: string; data?: string }): Promise<void> => {
    await db('sagas')
      .where({ id: idToBytes(paymentId) })
      .update({ ...ended, next_action_at: null });
  };

  return {
    /** Charged, and begun: the saga waits for the lock of the reservation, which is in the outbox. */
    begins: async (buyer: Buyer): Promise<{ paymentId: string }> => {
      const { memberId, reservationId } = buyer;
      await once('/members/me/wallet/charges', buyer).transaction(
        db,
        async (trx) => (await post(trx, { kind: 'CHARGE', reference: newId(), memberId, amount: 5 * amount }))?.entry ?? null,
      );
      return once('/payments', buyer).transaction(db, async (trx) => {
        const paymentId = newId();
        await payments.insert(trx, { id: paymentId, memberId, reservationId, at: systemClock.now() });
        await sagas.start(trx, purchase, { id: paymentId, state: { memberId, reservationId } });
        return { paymentId };
      });
    },
    completes: async ({ memberId, reservationId, number }: Buyer, paymentId: string): Promise<void> => {
      await inTransaction(db, async (trx) => {
        await post(trx, { kind: 'PAYMENT', reference: paymentId, memberId, amount });
        await payments.complete(trx, { id: paymentId, amount, at: systemClock.now() });
        await trx('outbox').where({ aggregate: reservationId }).delete();
      });
      const state = { memberId, reservationId, hold: { amount, queueId, number } };
      await endSaga(paymentId, { status: 'COMPLETED', step: 'spend', data: JSON.stringify({ state }) });
    },
    fails: async ({ reservationId }: Buyer, paymentId: string): Promise<void> => {
      await inTransaction(db, async (trx) => {
        await payments.fail(trx, { id: paymentId, amount: undefined, code: 'HOLD_EXPIRED' });
        await trx('outbox').where({ aggregate: reservationId }).delete();
      });
      await endSaga(paymentId, { status: 'COMPENSATED', step: 'lock' });
    },
  };
};
