import type { Payment } from '@onsale/contracts/payment';
import type { Reservation } from '@onsale/contracts/reservation';
import { newId } from '@onsale/shared/ids';
import { type Journey, over } from './journey.ts';
import { must, type Steps } from './steps.ts';
import { untilEnded } from './until-ended.ts';

/** The least that a wallet takes at once, unless the shop is set otherwise (services/payment, ONSALE_CHARGE_MINIMUM). */
const LEAST_CHARGE = 1_000;

const charge = async ({ operate, visitor }: Steps, price: number): Promise<void> => {
  const amount = Math.max(LEAST_CHARGE, price);
  const idempotencyKey = newId();
  must(await operate({ kind: 'charge', subject: { amount }, idempotencyKey, ask: () => visitor.charges(amount, idempotencyKey) }));
};

/** Until it has ended, well or not. */
const pay = async (steps: Steps, reservationId: string): Promise<Payment> => {
  const { operate, visitor } = steps;
  const idempotencyKey = newId();
  const ask = () => visitor.pays(reservationId, idempotencyKey);
  const begun = must(await operate({ kind: 'pay', subject: { reservationId }, idempotencyKey, ask }));
  return untilEnded(steps, { begun, isUnderWay: ({ status }) => status === 'PROCESSING', look: () => visitor.payment(begun.id) });
};

/** Charges what the seats cost, and pays for them. @throws JourneyOver when that fails */
export const buySeats = async (steps: Steps, { id, amount }: Reservation): Promise<Journey> => {
  if (steps.plan.charges && amount > 0) await steps.timed('charge', () => charge(steps, amount));
  const { id: paymentId, status, code = status } = await steps.timed('pay', () => pay(steps, id));
  return status === 'COMPLETED' ? { end: 'paid', paymentId } : over('refused', { code, paymentId });
};
