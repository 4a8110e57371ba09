import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import { checkLedger } from '../ledger/check-ledger.ts';
import { startPaymentService, type PaymentService } from '../testing/payment-service.ts';
import { tally } from '../testing/test-member.ts';

const times = <T>(count: number, fn: (n: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => fn(n)));

// the minimum is lowered, as 500 points are charged at a time below
const MINIMUM = 500;
let service: PaymentService;
beforeAll(async () => {
  service = await startPaymentService({ replicas: 2, settings: { chargeMinimum: MINIMUM } });
});
afterAll(() => service.stop());
afterEach(async () => {
  expect((await checkLedger(service.db)).filter(({ violations }) => violations > 0)).toEqual([]);
});

describe('the wallet', () => {
  it('of a member who never charged is empty', async () => {
    const ada = service.member();
    expect(await ada.balance()).toBe(0);
    expect((await ada.entries()).body).toEqual({ items: [] });
  });

  it('holds what was charged, and says so in its entry', async () => {
    const ada = service.member();
    await ada.charges(2000);
    const charged = await ada.charges(3000);
    expect(charged).toMatchObject({ is: '201', body: { type: 'CHARGE', amount: 3000, balanceAfter: 5000 } });
    expect(await ada.balance()).toBe(5000);
    expect((await ada.entries()).body?.items[0]).toEqual(charged.body);
  });

  it('refuses a charge below the minimum, and says what that is', async () => {
    const ada = service.member();
    const refused = await ada.charges(MINIMUM - 1);
    expect(refused).toMatchObject({ is: '422 AMOUNT_TOO_SMALL', problem: { minimum: MINIMUM } });
    expect((await ada.charges(MINIMUM)).is).toBe('201');
    expect(await ada.balance()).toBe(MINIMUM);
  });

  it('refuses a charge that it could not count any more', async () => {
    const ada = service.member();
    await ada.charges(1000);
    await service.enriches(ada.id, Number.MAX_SAFE_INTEGER - 2000);
    expect((await ada.charges(1001)).is).toBe('422 BALANCE_TOO_LARGE');
    expect(await ada.balance()).toBe(Number.MAX_SAFE_INTEGER - 1000);
    expect((await ada.charges(1000)).is).toBe('201');
  });

  it('lists its entries newest first, page by page, each once, while new ones come in', async () => {
    const ada = service.member();
    for (const amount of [1001, 1002, 1003, 1004, 1005]) await ada.charges(amount);
    const seen: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await ada.entries({ limit: 2, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...(page.body?.items.map(({ amount }) => amount) ?? []));
      cursor = page.body?.nextCursor;
      await ada.charges(9999);
    } while (cursor !== undefined);
    expect(seen).toEqual([1005, 1004, 1003, 1002, 1001]);
  });

  it.each(['0', '-1', 'abc', '1.5', newId()])('refuses the cursor %s', async (cursor) => {
    expect(await service.member().entries({ cursor })).toMatchObject({
      is: '400 VALIDATION_FAILED',
      problem: { errors: [{ pointer: '/query/cursor' }] },
    });
  });

  it('is charged once by ten requests with one key, all of which get the same answer', async () => {
    const ada = service.member();
    const key = newId();
    const outcomes = await times(10, () => ada.charges(5000, key));
    expect(tally(outcomes)).toEqual({ 201: 10 });
    expect(new Set(outcomes.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(await ada.balance()).toBe(5000);
    const replayed = await ada.charges(5000, key);
    expect(replayed.headers.get('idempotency-replayed')).toBe('true');
    expect(replayed.body).toEqual(outcomes[0]?.body);
    expect((await ada.charges(6000, key)).is).toBe('422 IDEMPOTENCY_KEY_REUSED');
    expect((await ada.entries()).body?.items).toHaveLength(1);
  });

  it('tells of a charge by one event', async () => {
    const ada = service.member();
    const charged = await ada.charges(4000);
    const told = await eventually(() => {
      const events = service.counterparts.eventsAbout(ada.id);
      expect(events).not.toEqual([]);
      return events;
    });
    expect(told).toEqual([
      {
        type: 'onsale.payment.wallet-charged.v1',
        sequence: 1,
        data: { memberId: ada.id, entryId: charged.body?.id, amount: 4000 },
      },
    ]);
  });
});

describe('the wallet, by two replicas at once', () => {
  it('holds exactly 151,000 after 300 charges of 500 at once on 1,000', async () => {
    const id = newId();
    await service.member({ id }).charges(1000);
    const outcomes = await times(300, (n) => service.member({ id, replica: n % 2 }).insistsOnCharging(500));
    expect(tally(outcomes)).toEqual({ 201: 300 });
    expect(await service.member({ id }).balance()).toBe(151_000);
    expect((await checkLedger(service.db)).filter(({ violations }) => violations > 0)).toEqual([]);
  });

  it('is charged once by one key that comes to both', async () => {
    const id = newId();
    const key = newId();
    const outcomes = await times(10, (n) => service.member({ id, replica: n % 2 }).charges(5000, key));
    expect(outcomes.filter(({ is }) => is !== '201' && is !== '409 IDEMPOTENCY_IN_FLIGHT')).toEqual([]);
    expect(outcomes.map(({ is }) => is)).toContain('201');
    expect(await service.member({ id }).balance()).toBe(5000);
  });
});
