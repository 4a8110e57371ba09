import { z } from 'zod';
import { command, event } from '../message.ts';
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

/** Nothing goes into or out of the wallet any more but what is owed to it; asked of a member who wants to be deleted. */
export const closeWallet = command({
  owner: 'payment',
  type: 'onsale.payment.close-wallet.v1',
  data: z.object({ memberId: Id, giveUpBalance: z.boolean() }),
  reply: z.object({}),
  refusals: ['ACCOUNT_IN_USE', 'BALANCE_LEFT'],
});

/** The member is not deleted after all. */
export const reopenWallet = command({
  owner: 'payment',
  type: 'onsale.payment.reopen-wallet.v1',
  data: z.object({ memberId: Id, giveUpBalance: z.boolean() }),
  reply: z.object({}),
  refusals: [],
});

const OrderPoints = z.object({ orderId: Id, memberId: Id, amount: Points });

/** Takes the price of an order out of the member's wallet. */
export const debitOrder = command({
  owner: 'payment',
  type: 'onsale.payment.order-debit.v1',
  data: OrderPoints,
  reply: z.object({}),
  refusals: ['INSUFFICIENT_POINTS', 'ACCOUNT_CLOSED'],
});

/** Gives back what `debitOrder` of the same saga took: the order was never paid. */
export const creditOrder = command({
  owner: 'payment',
  type: 'onsale.payment.order-credit.v1',
  data: OrderPoints,
  reply: z.object({}),
  refusals: [],
});

/** The pivot of a cancellation: gives the points of a paid order back; refused where the wallet has no room for them. */
export const refundOrder = command({
  owner: 'payment',
  type: 'onsale.payment.order-refund.v1',
  data: OrderPoints,
  reply: z.object({}),
  refusals: ['BALANCE_TOO_LARGE'],
});
