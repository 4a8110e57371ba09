import * as messages from '@onsale/contracts/reservation';
import { on, onUndo, type Handler } from '@onsale/shared/inbox';
import type { confirmSale } from './confirm-sale.ts';
import type { lockForPayment } from './lock-for-payment.ts';
import type { unlockAfterPayment } from './unlock-after-payment.ts';

interface Payments {
  readonly lockForPayment: ReturnType<typeof lockForPayment>;
  readonly unlockAfterPayment: ReturnType<typeof unlockAfterPayment>;
  readonly confirmSale: ReturnType<typeof confirmSale>;
}

/** The purchase's steps at our side. */
export const purchaseHandlers = ({ lockForPayment, unlockAfterPayment, confirmSale }: Payments): Handler[] => [
  on(messages.lockReservation, ({ saga, data }, trx) => lockForPayment(trx, { saga, ...data })),
  onUndo(messages.lockReservation, messages.unlockReservation, ({ saga, data }, trx) => unlockAfterPayment(trx, { saga, ...data })),
  on(messages.confirmReservation, ({ saga, data }, trx) => confirmSale(trx, { saga, ...data })),
];
