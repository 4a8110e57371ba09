import { describe, it } from '@jest/globals';
import { refused } from '@onsale/shared/saga';
import { rehearse } from '@onsale/shared/saga/testing';
import type { Purchase } from './purchase.ts';
import { ticketPurchase } from './purchase-saga.ts';

const notPlayed = async (): Promise<never> => {
  throw new Error('a rehearsal plays no local step');
};
const { given, reply, refusal, undone, wasDone, wasNotDone, silence, givenUp, ...then } = rehearse(
  ticketPurchase({ debitWallet: notPlayed, creditWallet: notPlayed, completePayment: notPlayed, failPayment: notPlayed }),
);
const { sends, runs, undoes, asks, completes, compensates, isStuck } = then;

const memberId = '01990000-0000-7000-8000-00000000ada0';
const reservationId = '01990000-0000-7000-8000-000000000001';
const purchase: Purchase = { memberId, reservationId };
const hold = { amount: 2000, queueId: 'tonight', number: 7 };
const short = refused('INSUFFICIENT_POINTS');

describe('the ticket purchase', () => {
  it('locks, debits, confirms, completes, and spends the number that the reservation came by', () => {
    given(purchase)
      .leadsTo(sends('lock', { reservationId, memberId }))
      .when(reply.lock(hold))
      .leadsTo(runs('debit'), sends('confirm', { reservationId }))
      .when(reply.confirm({}))
      .leadsTo(runs('complete'), sends('spend', { queueId: 'tonight', number: 7 }))
      .when(reply.spend({}))
      .leadsTo(completes({ ...purchase, hold }));
  });

  it.each(['NOT_FOUND', 'HOLD_EXPIRED', 'ALREADY_PAID', 'PAYMENT_IN_PROGRESS'] as const)(
    'fails at once when the lock is refused: %s',
    (code) => {
      given(purchase).when(refusal.lock(code)).leadsTo(compensates(code));
    },
  );

  it('unlocks when the wallet is short, and fails only then, so that the member can charge and try again', () => {
    given(purchase, { debit: short })
      .when(reply.lock(hold))
      .leadsTo(runs('debit'), undoes('lock'))
      .when(undone.lock())
      .leadsTo(compensates('INSUFFICIENT_POINTS'));
  });

  it('credits back, then unlocks, when the seats were lost after the debit', () => {
    given(purchase)
      .when(reply.lock(hold))
      .when(refusal.confirm('HOLD_LOST'))
      .leadsTo(undoes('debit'), undoes('lock'))
      .when(undone.lock())
      .leadsTo(compensates('HOLD_LOST'));
  });

  it('asks again, for ever, for what is not answered: silence takes nothing back', () => {
    given(purchase)
      .when(silence)
      .leadsTo(sends('lock'))
      .when(reply.lock(hold))
      .when(silence)
      .leadsTo(sends('confirm'))
      .when(silence)
      .leadsTo(sends('confirm'))
      .when(reply.confirm({}))
      .when(silence)
      .leadsTo(sends('spend'));
  });

  it('passes over a second answer to a step that is behind it', () => {
    given(purchase)
      .when(reply.lock(hold))
      .when(reply.lock(hold))
      .leadsTo()
      .when(reply.confirm({}))
      .leadsTo(runs('complete'), sends('spend'));
  });

  describe('given up by an operator', () => {
    it('unlocks what may have been locked', () => {
      given(purchase).when(givenUp('INTERNAL')).leadsTo(undoes('lock')).when(undone.lock()).leadsTo(compensates('INTERNAL'));
    });

    it('asks the reservation first whether it was confirmed, and goes on when it was', () => {
      given(purchase)
        .when(reply.lock(hold))
        .when(givenUp('INTERNAL'))
        .leadsTo(asks('confirm'))
        .when(wasDone.confirm({}))
        .leadsTo(runs('complete'), sends('spend'));
    });

    it('goes back when it was not, and never will be', () => {
      given(purchase)
        .when(reply.lock(hold))
        .when(givenUp('INTERNAL'))
        .when(wasNotDone.confirm())
        .leadsTo(undoes('debit'), undoes('lock'))
        .when(undone.lock())
        .leadsTo(compensates('INTERNAL'));
    });

    it('only goes forward once the seats are sold', () => {
      given(purchase)
        .when(reply.lock(hold))
        .when(reply.confirm({}))
        .when(givenUp('INTERNAL'))
        .leadsTo()
        .when(reply.spend({}))
        .leadsTo(completes());
    });
  });

  it('calls for an operator when what cannot be refused is refused', () => {
    given(purchase).when(reply.lock(hold)).when(reply.confirm({})).when(refusal.spend('INTERNAL')).leadsTo(isStuck());
  });
});
