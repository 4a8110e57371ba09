import { describe, it } from '@jest/globals';
import { refused } from '@onsale/shared/saga';
import { rehearse } from '@onsale/shared/saga/testing';
import { accountDeletion } from './deletion-saga.ts';

const notPlayed = async (): Promise<never> => {
  throw new Error('a rehearsal plays no local step');
};
const { given, reply, refusal, undone, silence, givenUp, sends, runs, undoes, completes, compensates } = rehearse(
  accountDeletion({ eraseMember: notPlayed, refuseDeletion: notPlayed }),
);

const memberId = '01990000-0000-7000-8000-00000000ada0';
const wish = { memberId, giveUpBalance: true };

describe('the deletion of an account', () => {
  it('closes the wallet, asks for holds, and erases', () => {
    given(wish)
      .leadsTo(sends('wallet', wish))
      .when(reply.wallet({}))
      .leadsTo(sends('holds', { memberId }))
      .when(reply.holds({}))
      .leadsTo(runs('erase'), completes());
  });

  it.each(['ACCOUNT_IN_USE', 'BALANCE_LEFT'] as const)('is over at once when the wallet is not closed: %s', (code) => {
    given(wish).when(refusal.wallet(code)).leadsTo(compensates(code));
  });

  it('opens the wallet again when seats are held', () => {
    given(wish)
      .when(reply.wallet({}))
      .when(refusal.holds('ACCOUNT_IN_USE'))
      .leadsTo(undoes('wallet'))
      .when(undone.wallet())
      .leadsTo(compensates('ACCOUNT_IN_USE'));
  });

  it('opens the wallet again when an order is under way here', () => {
    given(wish, { erase: refused('ACCOUNT_IN_USE') })
      .when(reply.wallet({}))
      .when(reply.holds({}))
      .leadsTo(runs('erase'), undoes('wallet'))
      .when(undone.wallet())
      .leadsTo(compensates('ACCOUNT_IN_USE'));
  });

  it('is taken back by an operator while a service is silent, and never by the silence', () => {
    given(wish)
      .when(reply.wallet({}))
      .when(silence)
      .leadsTo(sends('holds', { memberId }))
      .when(givenUp('CANCELLED_BY_OPERATOR'))
      .leadsTo(undoes('wallet'))
      .when(undone.wallet())
      .leadsTo(compensates('CANCELLED_BY_OPERATOR'));
  });
});
