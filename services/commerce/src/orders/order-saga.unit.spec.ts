import { describe, it } from '@jest/globals';
import { rehearse } from '@onsale/shared/saga/testing';
import { orderCancellation, orderPurchase } from './order-saga.ts';
import type { Cancellation, Purchase } from './purchase.ts';

const notPlayed = async (): Promise<never> => {
  throw new Error('a rehearsal plays no local step');
};
const memberId = '01990000-0000-7000-8000-00000000ada0';
const orderId = '01990000-0000-7000-8000-000000000001';

describe('the saga of an order', () => {
  const { given, reply, refusal, undone, silence, givenUp, ...then } = rehearse(
    orderPurchase({ releaseGoods: notPlayed, completeOrder: notPlayed, failOrder: notPlayed }),
  );
  const { sends, runs, undoes, completes, compensates } = then;
  const purchase: Purchase = { memberId, total: 300 };

  it('debits what was reserved, and completes', () => {
    given(purchase).leadsTo(runs('reserve'), sends('debit')).when(reply.debit({})).leadsTo(runs('complete'), completes(purchase));
  });

  it('spends the number that it came by once it is paid', () => {
    const gated = { ...purchase, cameBy: { queueId: 'lamps', number: 7 } };
    given(gated)
      .when(reply.debit({}))
      .leadsTo(runs('complete'), sends('spend', { queueId: 'lamps', number: 7 }))
      .when(givenUp('CANCELLED_BY_OPERATOR'))
      .leadsTo()
      .when(reply.spend({}))
      .leadsTo(completes(gated));
    given(gated).when(refusal.debit('INSUFFICIENT_POINTS')).leadsTo(undoes('reserve'), compensates('INSUFFICIENT_POINTS'));
  });

  it('releases the goods when the wallet is short', () => {
    given(purchase).when(refusal.debit('INSUFFICIENT_POINTS')).leadsTo(undoes('reserve'), compensates('INSUFFICIENT_POINTS'));
  });

  it('asks again, for ever, for the debit: silence takes nothing back', () => {
    given(purchase).when(silence).leadsTo(sends('debit')).when(silence).leadsTo(sends('debit'));
  });

  it('takes the debit back before it releases the goods when its time is over: whether it was done, payment knows', () => {
    given(purchase)
      .when(givenUp('ORDER_EXPIRED'))
      .leadsTo(undoes('debit'))
      .when(reply.debit({}))
      .leadsTo()
      .when(undone.debit())
      .leadsTo(undoes('reserve'), compensates('ORDER_EXPIRED'));
  });
});

describe('the saga of a cancellation', () => {
  const { given, reply, refusal, wasDone, wasNotDone, givenUp, ...then } = rehearse(
    orderCancellation({ restoreGoods: notPlayed, keepOrder: notPlayed }),
  );
  const { sends, runs, asks, completes, compensates } = then;
  const cancellation: Cancellation = { orderId, memberId, total: 300 };

  it('refunds, and then restores', () => {
    given(cancellation)
      .leadsTo(sends('refund', { orderId, memberId, amount: 300 }))
      .when(reply.refund({}))
      .leadsTo(runs('restore'), completes(cancellation));
  });

  it('leaves the order as it was when the refund is refused', () => {
    given(cancellation).when(refusal.refund('BALANCE_TOO_LARGE')).leadsTo(compensates('BALANCE_TOO_LARGE'));
  });

  it('asks whether the points went back before it is given up', () => {
    given(cancellation)
      .when(givenUp('CANCELLED_BY_OPERATOR'))
      .leadsTo(asks('refund'))
      .when(wasDone.refund({}))
      .leadsTo(runs('restore'), completes());
    given(cancellation).when(givenUp('CANCELLED_BY_OPERATOR')).when(wasNotDone.refund()).leadsTo(compensates('CANCELLED_BY_OPERATOR'));
  });
});
