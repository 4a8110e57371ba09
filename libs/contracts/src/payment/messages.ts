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
