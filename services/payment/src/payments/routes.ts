import { urlOf } from '@onsale/contracts';
import * as contract from '@onsale/contracts/payment';
import { accepted, created, implement, ok, type Answer } from '@onsale/shared/http';
import type { awaitPayment } from './await-payment.ts';
import type { listPayments } from './list-payments.ts';
import { PaymentFailed } from './payment-errors.ts';
import type { ReadPayment } from './read-payment.ts';
import type { startPayment } from './start-payment.ts';

interface PaymentDoors {
  readonly readPayment: ReadPayment;
  readonly startPayment: ReturnType<typeof startPayment>;
  readonly awaitPayment: ReturnType<typeof awaitPayment>;
  readonly listPayments: ReturnType<typeof listPayments>;
}

const locationOf = ({ id }: contract.Payment): string => urlOf('', contract.readPayment, { id });

/** A payment as the answer to whoever asked for it: paid (whatever was refunded later), failed, or still under way. */
const outcome = (payment: contract.Payment): Answer => {
  if (payment.status === 'FAILED') throw new PaymentFailed(payment);
  const location = locationOf(payment);
  return payment.status === 'PROCESSING' ? accepted(payment, { location, retryAfterSeconds: 1 }) : created(payment, { location });
};

/** The HTTP doors to payments. A key that is sent again waits for, and renders, the payment that it has started. */
export const paymentRoutes = ({ readPayment, startPayment, awaitPayment, listPayments }: PaymentDoors) => [
  implement(
    contract.pay,
    ({ member, body, once }) => startPayment({ memberId: member.id, reservationId: body.reservationId, once }),
    async ({ paymentId }, { member, replayed, waitMs, signal }) =>
      outcome(await awaitPayment({ paymentId, memberId: member.id, begun: !replayed, waitMs, signal })),
  ),
  implement(contract.readPayment, async ({ member, params }) => ok(await readPayment({ id: params.id, memberId: member.id }))),
  implement(contract.listMyPayments, async ({ member, query }) => ok(await listPayments({ memberId: member.id, ...query }))),
];
