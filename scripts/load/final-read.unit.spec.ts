import { newId } from '@onsale/shared/ids';
import { describe, expect, it } from '@jest/globals';
import { finalRead, type Kind } from './final-read.ts';
import { createInsist } from './insist.ts';
import { createOperationsJournal, type Operation } from './operations-journal.ts';
import type { Visitor } from './visitor.ts';

const memberId = newId();
const answered = (items: readonly object[]) => async () => ({ is: '200', status: 200, headers: new Headers(), body: { items } });
const operation = <K extends Kind>(kind: K, subject: Operation['subject']) => ({ kind, memberId, subject });

/** A member who has these, and what of them the journal knows already. */
const reading = <K extends Kind>(kind: K, subject: Operation['subject'], has: readonly object[], known: Operation['subject'][] = []) => {
  const journal = createOperationsJournal();
  for (const [n, one] of known.entries()) {
    const at = new Date(n).toISOString();
    journal.record({ ...operation(kind, one), startedAt: at, endedAt: at, attempts: 1, outcome: { status: 201 }, answers: [] });
  }
  const visitor = { coupons: answered(has), orderList: answered(has) } as unknown as Visitor;
  return finalRead({ visitor, insist: createInsist({ withinMs: 0, random: () => 0 }), journal, operation: operation(kind, subject) });
};

describe('the final read', () => {
  it('finds the coupon that a member has got, and no other', async () => {
    const mine = { id: 'm', couponId: 'c' };
    expect(await reading('issue', { couponId: 'c' }, [{ id: 'n', couponId: 'd' }, mine])).toEqual({ is: 'done', body: mine });
    expect(await reading('issue', { couponId: 'e' }, [mine])).toEqual({ is: 'not done' });
  });

  it('finds the order of a product that no other operation has made', async () => {
    const order = (id: string) => ({ id, items: [{ productId: 'p', quantity: 1, unitPrice: 1 }] });
    const [first, second] = [order('1'), order('2')];
    expect(await reading('order', { productId: 'p' }, [first, second], [{ productId: 'p', orderId: '1' }])).toEqual({
      is: 'done',
      body: second,
    });
    expect(await reading('order', { productId: 'p' }, [first], [{ productId: 'p', orderId: '1' }])).toEqual({ is: 'not done' });
    expect(await reading('order', { productId: 'q' }, [first])).toEqual({ is: 'not done' });
  });
});
