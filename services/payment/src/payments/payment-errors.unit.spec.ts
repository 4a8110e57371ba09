import { codes, type Code } from '@onsale/contracts';
import { pay } from '@onsale/contracts/payment';
import { describe, expect, it } from '@jest/globals';
import { PaymentFailed } from './payment-errors.ts';

const failed = (code: Code, amount?: number) =>
  new PaymentFailed({
    id: 'payment-1',
    reservationId: 'reservation-1',
    status: 'FAILED',
    code,
    createdAt: '2026-11-21T00:00:00.000Z',
    ...(amount === undefined ? {} : { amount }),
  });

describe('the problem of a failed payment', () => {
  it.each(pay.problems)('has the code %s that the payment failed with, names the payment, and says what to do', (code) => {
    const problem = failed(code);
    expect(problem).toMatchObject({ code, extra: { paymentId: 'payment-1' } });
    expect(problem.detail).toMatch(/\.$/);
  });

  it('tells the price where it was known', () => {
    expect(failed('INSUFFICIENT_POINTS', 2000).extra).toEqual({ paymentId: 'payment-1', amount: 2000 });
  });

  it('says of any other code what its title says', () => {
    expect(failed('INTERNAL').detail).toBe(`${codes.INTERNAL.title}. Nothing was taken.`);
  });
});
