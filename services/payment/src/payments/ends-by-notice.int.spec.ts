import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPaymentService, type PaymentService } from '../testing/payment-service.ts';
import { tally } from '../testing/test-member.ts';

describe('two replicas, with reading switched off', () => {
  let service: PaymentService;
  beforeAll(async () => {
    service = await startPaymentService({ replicas: 2, settings: { endsPolling: false } });
  });
  afterAll(() => service.stop());

  it('hear of the ends of payments from each other, and answer 201', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const ada = service.member({ replica: n % 2 });
        await ada.charges(2000);
        return ada.pays(service.counterparts.holds({ memberId: ada.id, amount: 2000 }).id);
      }),
    );
    expect(tally(outcomes)).toEqual({ 201: 20 });
    expect(await service.endsNoticed('notice')).toBeGreaterThan(0);
    expect(await service.endsNoticed('read')).toBe(0);
  });
});
