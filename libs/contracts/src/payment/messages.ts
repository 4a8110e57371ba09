import { z } from 'zod';
import { event } from '../message.ts';
import { Id, Points } from '../shapes.ts';

export const walletCharged = event({
  owner: 'payment',
  type: 'onsale.payment.wallet-charged.v1',
  data: z.object({ memberId: Id, entryId: Id, amount: Points }),
});

export const paymentCompleted = event({
  owner: 'payment',
  type: 'onsale.payment.completed.v1',
  data: z.object({ paymentId: Id, reservationId: Id, memberId: Id, amount: Points }),
});

export const paymentFailed = event({
  owner: 'payment',
  type: 'onsale.payment.failed.v1',
  data: z.object({ paymentId: Id, reservationId: Id, memberId: Id, code: z.string() }),
});
