import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import { checkLedger } from '../ledger/check-ledger.ts';
import { startPaymentService, type PaymentService } from '../testing/payment-service.ts';
import { tally, type TestMember } from '../testing/test-member.ts';

const times = <T>(count: number, fn: (n: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => fn(n)));

let service: PaymentService;
beforeAll(async () => {
  service = await startPaymentService({ replicas: 2 });
});
afterAll(() => service.stop());
afterEach(async () => {
  expect((await checkLedger(service.db)).filter(({ violations }) => violations > 0)).toEqual([]);
});

const memberWith = async (points: number): Promise<TestMember> => {
  const member = service.member();
  await member.charges(points);
  return member;
};
const stepsEnd = (paymentId: string, steps: string[]) => eventually(() => expect(service.counterparts.stepsOf(paymentId)).toEqual(steps));

describe('a purchase', () => {
  it('that goes through is answered 201 with the payment; points, reservation and number are gone for it', async () => {
    const ada = await memberWith(5000);
    const held = service.counterparts.holds({ memberId: ada.id, amount: 2000 });
    const paid = await ada.pays(held.id);
    expect(paid).toMatchObject({ is: '201', body: { reservationId: held.id, status: 'COMPLETED', amount: 2000 } });
    const id = paid.body!.id;
    expect(paid.headers.get('location')).toBe(`/api/v1/payments/${id}`);
    expect((await ada.payment(id)).body).toEqual(paid.body);
    expect(await ada.balance()).toBe(3000);
    expect((await ada.entries()).body?.items[0]).toMatchObject({ type: 'PAYMENT', amount: -2000, balanceAfter: 3000, reference: id });
    expect(service.counterparts.statusOf(held.id)).toBe('CONFIRMED');
    await stepsEnd(id, ['lock', 'confirm', 'spend']);
    await eventually(() =>
      expect(service.counterparts.eventsAbout(id)).toEqual([
        {
          type: 'onsale.payment.completed.v1',
          sequence: 2,
          data: { paymentId: id, reservationId: held.id, memberId: ada.id, amount: 2000 },
        },
      ]),
    );
  });

  it('of free seats needs no points and moves none', async () => {
    const ada = service.member();
    const held = service.counterparts.holds({ memberId: ada.id, amount: 0 });
    expect(await ada.pays(held.id)).toMatchObject({ is: '201', body: { status: 'COMPLETED', amount: 0 } });
    expect((await ada.entries()).body?.items).toEqual([]);
  });

  it.each(['HOLD_EXPIRED', 'ALREADY_PAID', 'PAYMENT_IN_PROGRESS'] as const)('that the lock refuses with %s takes nothing', async (code) => {
    const ada = await memberWith(5000);
    const held = service.counterparts.holds({ memberId: ada.id, amount: 2000, lockRefusal: code });
    const refused = await ada.pays(held.id);
    expect(refused.is).toBe(`409 ${code}`);
    const id = String(refused.problem?.['paymentId']);
    expect((await ada.payment(id)).body).toMatchObject({ status: 'FAILED', code, reservationId: held.id });
    expect(await ada.balance()).toBe(5000);
    expect(service.counterparts.stepsOf(id)).toEqual(['lock']);
  });

  it('of a reservation that is not there, or is another member’s, is NOT_FOUND', async () => {
    const [ada, eve] = [await memberWith(5000), await memberWith(5000)];
    const held = service.counterparts.holds({ memberId: ada.id, amount: 2000 });
    expect((await eve.pays(newId())).is).toBe('404 NOT_FOUND');
    expect((await eve.pays(held.id)).is).toBe('404 NOT_FOUND');
    expect(await eve.balance()).toBe(5000);
    expect((await ada.pays(held.id)).is).toBe('201');
  });

  it('with too few points is 402, keeps the hold, and goes through once there are enough', async () => {
    const ada = await memberWith(1500);
    const held = service.counterparts.holds({ memberId: ada.id, amount: 2000 });
    const refused = await ada.pays(held.id);
    expect(refused).toMatchObject({ is: '402 INSUFFICIENT_POINTS', problem: { amount: 2000 } });
    const id = String(refused.problem?.['paymentId']);
    expect(service.counterparts.stepsOf(id)).toEqual(['lock', 'unlock']);
    expect(service.counterparts.statusOf(held.id)).toBe('HELD');
    expect(await ada.balance()).toBe(1500);
    expect((await ada.entries()).body?.items).toHaveLength(1);
    await ada.charges(1000);
    expect((await ada.pays(held.id)).is).toBe('201');
    expect(await ada.balance()).toBe(500);
    await eventually(() =>
      expect(service.counterparts.eventsAbout(id)).toEqual([
        {
          type: 'onsale.payment.failed.v1',
          sequence: 2,
          data: { paymentId: id, reservationId: held.id, memberId: ada.id, code: 'INSUFFICIENT_POINTS' },
        },
      ]),
    );
  });

  it('whose seats were lost after the debit gives the points back', async () => {
    const ada = await memberWith(5000);
    const held = service.counterparts.holds({ memberId: ada.id, amount: 2000, confirmRefusal: 'HOLD_LOST' });
    const refused = await ada.pays(held.id);
    expect(refused.is).toBe('409 HOLD_LOST');
    const id = String(refused.problem?.['paymentId']);
    expect((await ada.payment(id)).body).toMatchObject({ status: 'FAILED', code: 'HOLD_LOST', amount: 2000 });
    expect(await ada.balance()).toBe(5000);
    expect((await ada.entries()).body?.items.slice(0, 2)).toMatchObject([
      { type: 'REFUND', amount: 2000, balanceAfter: 5000, reference: id },
      { type: 'PAYMENT', amount: -2000, balanceAfter: 3000, reference: id },
    ]);
    expect(service.counterparts.stepsOf(id)).toEqual(['lock', 'confirm', 'unlock']);
  });
});

describe('a reservation that is paid more than once', () => {
  it('is debited once for ten keys at once; the others are told', async () => {
    const ada = await memberWith(100_000);
    const held = service.counterparts.holds({ memberId: ada.id, amount: 2000 });
    const outcomes = await times(10, (n) => service.member({ id: ada.id, replica: n % 2 }).pays(held.id));
    const counts = tally(outcomes);
    expect(counts['201']).toBe(1);
    expect((counts['409 ALREADY_PAID'] ?? 0) + (counts['409 PAYMENT_IN_PROGRESS'] ?? 0)).toBe(9);
    const paid = outcomes.find(({ is }) => is === '201')!.body!;
    expect(outcomes.filter(({ problem }) => problem !== undefined).map(({ problem }) => problem?.['paymentId'])).toEqual(
      Array.from({ length: 9 }, () => paid.id),
    );
    expect(await ada.balance()).toBe(98_000);
    expect((await ada.payments()).body?.items).toEqual([paid]);
    expect(await ada.pays(held.id)).toMatchObject({ is: '409 ALREADY_PAID', problem: { paymentId: paid.id } });
  });

  it('by one key is one payment, rendered again to whoever asks again', async () => {
    const ada = await memberWith(5000);
    const held = service.counterparts.holds({ memberId: ada.id, amount: 2000 });
    const key = newId();
    const outcomes = await times(10, () => ada.pays(held.id, { key }));
    expect(tally(outcomes)).toEqual({ 201: 10 });
    const replayed = await ada.pays(held.id, { key });
    expect(replayed).toMatchObject({ is: '201', body: outcomes[0]?.body });
    expect(replayed.headers.get('idempotency-replayed')).toBe('true');
    expect(await ada.balance()).toBe(3000);
  });

  it('by the key of a payment that failed, stays failed', async () => {
    const ada = await memberWith(1000);
    const held = service.counterparts.holds({ memberId: ada.id, amount: 2000 });
    const key = newId();
    const refused = await ada.pays(held.id, { key });
    await ada.charges(5000);
    const again = await ada.pays(held.id, { key });
    expect(again).toMatchObject({ is: '402 INSUFFICIENT_POINTS', problem: { paymentId: refused.problem?.['paymentId'] } });
    expect(await ada.balance()).toBe(6000);
  });

  it('can be tried by a stranger without keeping its owner from paying', async () => {
    const [ada, eve] = [await memberWith(5000), await memberWith(5000)];
    const held = service.counterparts.holds({ memberId: ada.id, amount: 2000 });
    const [mine, theirs] = await Promise.all([ada.pays(held.id), eve.pays(held.id)]);
    expect([mine.is, theirs.is]).toEqual(['201', '404 NOT_FOUND']);
    expect([await ada.balance(), await eve.balance()]).toEqual([3000, 5000]);
  });
});

describe('a wallet behind several payments at once', () => {
  it('pays both of two that fit', async () => {
    const ada = await memberWith(5000);
    const holds = [1000, 1000].map((amount) => service.counterparts.holds({ memberId: ada.id, amount }));
    expect(tally(await Promise.all(holds.map((held) => ada.pays(held.id))))).toEqual({ 201: 2 });
    expect(await ada.balance()).toBe(3000);
  });

  it('pays exactly one of 4,000, 2,000 and 3,500 out of 5,000', async () => {
    const ada = await memberWith(5000);
    const holds = [4000, 2000, 3500].map((amount) => service.counterparts.holds({ memberId: ada.id, amount }));
    const outcomes = await Promise.all(holds.map((held, n) => service.member({ id: ada.id, replica: n % 2 }).pays(held.id)));
    expect(tally(outcomes)).toEqual({ 201: 1, '402 INSUFFICIENT_POINTS': 2 });
    const paid = outcomes.find(({ is }) => is === '201')?.body?.amount ?? 0;
    expect(await ada.balance()).toBe(5000 - paid);
    expect(holds.filter(({ id }) => service.counterparts.statusOf(id) === 'HELD')).toHaveLength(2);
  });

  it('pays forty of fifty that want 1,000 out of 40,000', async () => {
    const ada = await memberWith(40_000);
    const holds = Array.from({ length: 50 }, () => service.counterparts.holds({ memberId: ada.id, amount: 1000 }));
    const outcomes = await Promise.all(holds.map((held, n) => service.member({ id: ada.id, replica: n % 2 }).pays(held.id)));
    expect(tally(outcomes)).toEqual({ 201: 40, '402 INSUFFICIENT_POINTS': 10 });
    expect(await ada.balance()).toBe(0);
  });
});

describe('a payment', () => {
  it('that is not through in the time that the client waits is answered 202, and read where that says', async () => {
    const ada = await memberWith(5000);
    const held = service.counterparts.holds({ memberId: ada.id, amount: 2000 });
    const release = service.counterparts.stalls('confirm');
    const key = newId();
    const accepted = await ada.pays(held.id, { key, prefer: 'wait=0' });
    expect(accepted).toMatchObject({ is: '202', body: { status: 'PROCESSING', reservationId: held.id } });
    expect(accepted.headers.get('retry-after')).toBe('1');
    expect(accepted.headers.get('location')).toBe(`/api/v1/payments/${accepted.body?.id}`);
    expect((await ada.pays(held.id)).is).toBe('409 PAYMENT_IN_PROGRESS');
    release();
    expect(await ada.pays(held.id, { key })).toMatchObject({ is: '201', body: { id: accepted.body?.id, status: 'COMPLETED' } });
  });

  it('is answered when the seats are paid, not only when the number is spent', async () => {
    const ada = await memberWith(5000);
    const held = service.counterparts.holds({ memberId: ada.id, amount: 2000 });
    const release = service.counterparts.stalls('spend');
    const paid = await ada.pays(held.id);
    expect(paid.is).toBe('201');
    expect(service.counterparts.stepsOf(paid.body!.id)).not.toContain('spend');
    release();
    await stepsEnd(paid.body!.id, ['lock', 'confirm', 'spend']);
  });

  it('of another member is NOT_FOUND', async () => {
    const [ada, eve] = [await memberWith(5000), service.member()];
    const paid = await ada.pays(service.counterparts.holds({ memberId: ada.id, amount: 2000 }).id);
    expect((await eve.payment(paid.body!.id)).is).toBe('404 NOT_FOUND');
    expect((await eve.payment(newId())).is).toBe('404 NOT_FOUND');
    expect((await eve.payments()).body).toEqual({ items: [] });
  });

  it('stands in its member’s list, newest first, page by page', async () => {
    const ada = await memberWith(10_000);
    const ids: string[] = [];
    for (const amount of [1000, 2000, 3000]) {
      const paid = await ada.pays(service.counterparts.holds({ memberId: ada.id, amount }).id);
      ids.unshift(paid.body!.id);
    }
    const first = await ada.payments({ limit: 2 });
    expect(first.body?.items.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const second = await ada.payments({ limit: 2, cursor: first.body!.nextCursor! });
    expect(second.body).toEqual({ items: [expect.objectContaining({ id: ids[2] })] });
    expect(await ada.payments({ cursor: 'nonsense' })).toMatchObject({ is: '400 VALIDATION_FAILED' });
  });
});
