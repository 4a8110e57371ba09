import { spendToken, subjectOfNumber } from '@onsale/contracts/queue';
import { confirmReservation, lockReservation, unlockReservation } from '@onsale/contracts/reservation';
import { saga, type SagaView } from '@onsale/shared/saga';
import type { creditWallet } from '../ledger/credit-wallet.ts';
import type { debitWallet, Due } from '../ledger/debit-wallet.ts';
import type { completePayment } from './complete-payment.ts';
import type { failPayment } from './fail-payment.ts';
import { holdOf, type Purchase } from './purchase.ts';

interface LocalSteps {
  readonly debitWallet: ReturnType<typeof debitWallet>;
  readonly creditWallet: ReturnType<typeof creditWallet>;
  readonly completePayment: ReturnType<typeof completePayment>;
  readonly failPayment: ReturnType<typeof failPayment>;
}

const theReservation = ({ reservationId }: Purchase): string => reservationId;

const dueOf = ({ id, state }: SagaView<Purchase>): Due => ({
  reference: id,
  memberId: state.memberId,
  amount: holdOf(state).amount,
});

/** How a held reservation becomes paid seats. Its id is the payment's. */
export const ticketPurchase = ({ debitWallet, creditWallet, completePayment, failPayment }: LocalSteps) =>
  saga<Purchase>('ticket-purchase')({
    lock: {
      send: lockReservation,
      subject: theReservation,
      data: ({ reservationId, memberId }) => ({ reservationId, memberId }),
      keep: (hold) => ({ hold }),
      undo: unlockReservation,
    },
    debit: { local: (trx, purchase) => debitWallet(trx, dueOf(purchase)), undo: (trx, purchase) => creditWallet(trx, dueOf(purchase)) },
    confirm: { send: confirmReservation, subject: theReservation, data: ({ reservationId }) => ({ reservationId }), pivot: true },
    complete: { local: completePayment },
    spend: {
      send: spendToken,
      subject: (purchase) => subjectOfNumber(holdOf(purchase)),
      data: (purchase) => ({ queueId: holdOf(purchase).queueId, number: holdOf(purchase).number }),
    },
  }).ends({ compensated: failPayment });

export type TicketPurchase = ReturnType<typeof ticketPurchase>;
