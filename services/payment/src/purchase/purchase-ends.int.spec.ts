import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { confirmReservation, lockReservation, unlockReservation } from '@onsale/contracts/reservation';
import { newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import { checkLedger } from '../ledger/check-ledger.ts';
import { startPaymentService, type PaymentService } from '../testing/payment-service.ts';
import type { TestMember } from '../testing/test-member.ts';

let service: PaymentService;
beforeAll(async () => {
  service = await startPaymentService({ settings: { sagas: { sweepMs: 50, retryAfterMs: 200, flagAfter: 3 } } });
});
afterAll(() => service.stop());
afterEach(async () => {
  expect((await checkLedger(service.db)).filter(({ violations }) => violations > 0)).toEqual([]);
});

/** A member with 5,000 points, and a reservation of 2,000 that they began to pay, for nobody to wait for. */
const given = async ({ confirmRefusal }: { confirmRefusal?: 'HOLD_LOST' } = {}) => {
  const ada = service.member();
  await ada.charges(5000);
  const held = service.counterparts.holds({ memberId: ada.id, amount: 2000, ...(confirmRefusal && { confirmRefusal }) });
  const accepted = await ada.pays(held.id, { prefer: 'wait=0' });
  expect(accepted.is).toBe('202');
  return { ada, held, id: accepted.body!.id };
};
const isAt = (id: string, expected: object) =>
  eventually(async () => expect((await service.operator.saga(id)).body).toMatchObject(expected));
const hasEnded = (ada: TestMember, id: string, expected: object) =>
  eventually(async () => expect((await ada.payment(id)).body).toMatchObject(expected));
const auditOf = async (id: string) =>
  (await service.db('audit').where({ subject: id }).orderBy('id')).map(({ actor, action, before_change, after_change }) => {
    expect(actor).toBe(service.operator.id);
    return [action, JSON.parse(before_change), JSON.parse(after_change)];
  });
const CANCELLED = { status: 'FAILED', code: 'CANCELLED_BY_OPERATOR' };

describe('a purchase that is not answered', () => {
  it('is flagged and counted for the operator, sent again for ever, and goes on when the answer comes', async () => {
    const bring = service.counterparts.loses(confirmReservation);
    const { ada, held, id } = await given();
    await isAt(id, { status: 'RUNNING', step: 'confirm', flag: 'NEEDS_OPERATOR', data: { memberId: ada.id, reservationId: held.id } });
    const flagged = await service.operator.sagas({ flag: 'NEEDS_OPERATOR' });
    expect(flagged.body?.items.map((saga) => saga.id)).toContain(id);
    await eventually(async () => expect(await service.sagasFlagged()).toBe(1));
    expect((await ada.payment(id)).body?.status).toBe('PROCESSING');

    await bring();
    await hasEnded(ada, id, { status: 'COMPLETED', amount: 2000 });
    await isAt(id, { status: 'COMPLETED', step: 'spend' });
    expect((await service.operator.saga(id)).body).not.toHaveProperty('flag');
    expect((await service.operator.saga(id)).body).not.toHaveProperty('nextActionAt');
    expect(await ada.balance()).toBe(3000);
    expect(service.counterparts.statusOf(held.id)).toBe('CONFIRMED');
    expect(service.counterparts.stepsOf(id)).toEqual(['lock', 'confirm', 'spend']);
    await eventually(async () => expect(await service.sagasFlagged()).toBe(0));
  });

  it('is sent again at once, and counted anew, when the operator retries it', async () => {
    const bring = service.counterparts.loses(lockReservation);
    const { ada, id } = await given();
    await isAt(id, { step: 'lock', flag: 'NEEDS_OPERATOR' });

    const retried = await service.operator.retries(id);
    expect(retried).toMatchObject({ is: '202', body: { id, status: 'RUNNING', step: 'lock', attempts: 0 } });
    expect(retried.headers.get('location')).toBe(`/api/v1/admin/payment/sagas/${id}`);
    expect(retried.body).not.toHaveProperty('flag');
    const [[action, before, after]] = (await auditOf(id)) as [[string, object, object]];
    expect([action, before, after]).toEqual([
      'saga.retry',
      { status: 'RUNNING', step: 'lock', flag: 'NEEDS_OPERATOR', attempts: expect.any(Number) },
      { status: 'RUNNING', step: 'lock', attempts: 0 },
    ]);

    await bring();
    await hasEnded(ada, id, { status: 'COMPLETED' });
    expect(await ada.balance()).toBe(3000);
  });
});

describe('a purchase that an operator takes back', () => {
  it('at its lock: nothing is taken, the hold is kept, and can be paid with a new key', async () => {
    const release = service.counterparts.stalls('lock');
    const { ada, held, id } = await given();
    expect(await service.operator.compensates(id, 'stuck for an hour')).toMatchObject({
      is: '202',
      body: { status: 'COMPENSATING', step: 'lock', failure: { code: 'CANCELLED_BY_OPERATOR', detail: 'stuck for an hour' } },
    });
    release();

    await hasEnded(ada, id, CANCELLED);
    expect(service.counterparts.stepsOf(id)).toEqual(['lock', 'unlock']);
    expect(service.counterparts.statusOf(held.id)).toBe('HELD');
    expect(await ada.balance()).toBe(5000);
    expect((await ada.entries()).body?.items).toHaveLength(1);
    expect(await auditOf(id)).toEqual([
      [
        'saga.compensate',
        expect.objectContaining({ status: 'RUNNING', step: 'lock', attempts: expect.any(Number) }), // a slow machine may have flagged it
        { status: 'COMPENSATING', step: 'lock', attempts: 0, reason: 'stuck for an hour' },
      ],
    ]);
    expect(await ada.pays(held.id)).toMatchObject({ is: '201' });
    expect(await ada.balance()).toBe(3000);
  });

  it('before its lock has come: the lock that comes late is refused, and locks nothing', async () => {
    const bring = service.counterparts.loses(lockReservation);
    const { ada, held, id } = await given();
    await service.operator.compensates(id);
    await hasEnded(ada, id, CANCELLED);
    await bring();
    expect(service.counterparts.stepsOf(id)).toEqual([]);
    expect(service.counterparts.statusOf(held.id)).toBe('HELD');
    expect(await ada.pays(held.id)).toMatchObject({ is: '201' });
  });

  it('at its pivot, which was not done: the points go back, and the pivot that comes late does nothing', async () => {
    const bring = service.counterparts.loses(confirmReservation);
    const { ada, held, id } = await given();
    await isAt(id, { step: 'confirm' });
    expect(await ada.balance()).toBe(3000);
    await service.operator.compensates(id);

    await hasEnded(ada, id, { ...CANCELLED, amount: 2000 });
    await bring();
    expect(service.counterparts.stepsOf(id)).toEqual(['lock', 'unlock']);
    expect(service.counterparts.statusOf(held.id)).toBe('HELD');
    expect(await ada.balance()).toBe(5000);
    expect((await ada.entries()).body?.items.slice(0, 2)).toMatchObject([
      { type: 'REFUND', amount: 2000, reference: id },
      { type: 'PAYMENT', amount: -2000, reference: id },
    ]);
  });

  it('at its pivot, which was done: its owner says so, and it goes forward to its end', async () => {
    const release = service.counterparts.stalls('confirm');
    const { ada, held, id } = await given();
    await isAt(id, { step: 'confirm' });
    expect(await service.operator.compensates(id)).toMatchObject({ is: '202', body: { status: 'COMPENSATING', step: 'confirm' } });
    release();

    await hasEnded(ada, id, { status: 'COMPLETED' });
    await isAt(id, { status: 'COMPLETED' });
    expect((await service.operator.saga(id)).body).not.toHaveProperty('failure');
    expect(service.counterparts.statusOf(held.id)).toBe('CONFIRMED');
    expect(await ada.balance()).toBe(3000);
  });

  it('is sent back for ever as well: an undo that is not answered is flagged, and ends when it is', async () => {
    const release = service.counterparts.stalls('lock');
    const { ada, held, id } = await given();
    const bring = service.counterparts.loses(unlockReservation);
    await service.operator.compensates(id);
    release();
    await isAt(id, { status: 'COMPENSATING', step: 'lock', flag: 'NEEDS_OPERATOR' });
    expect((await ada.payment(id)).body?.status).toBe('PROCESSING');
    expect(await service.operator.compensates(id)).toMatchObject({ is: '202', body: { status: 'COMPENSATING', step: 'lock' } });
    expect(await service.operator.retries(id)).toMatchObject({ is: '202', body: { status: 'COMPENSATING', attempts: 0 } });
    expect((await auditOf(id)).map(([action]) => action)).toEqual(['saga.compensate', 'saga.compensate', 'saga.retry']);
    await bring();
    await hasEnded(ada, id, CANCELLED);
    expect(service.counterparts.statusOf(held.id)).toBe('HELD');
  });

  it('is refused past its pivot, at its end, and when there is no such saga; nothing is changed', async () => {
    const release = service.counterparts.stalls('spend');
    const { ada, id } = await given();
    await hasEnded(ada, id, { status: 'COMPLETED' });
    expect(await service.operator.compensates(id)).toMatchObject({ is: '409 SAGA_PAST_PIVOT' });
    expect((await service.operator.saga(id)).body).toMatchObject({ status: 'RUNNING', step: 'spend' });
    release();
    await isAt(id, { status: 'COMPLETED' });
    expect((await service.operator.compensates(id)).is).toBe('409 SAGA_ENDED');
    expect((await service.operator.retries(id)).is).toBe('409 SAGA_ENDED');
    for (const asked of [service.operator.saga, service.operator.retries, service.operator.compensates]) {
      expect((await asked(newId())).is).toBe('404 NOT_FOUND');
    }
    expect(await auditOf(id)).toEqual([]);
    expect(await ada.balance()).toBe(3000);
  });
});

describe('points that do not fit back into the wallet', () => {
  it('are not dropped: the purchase is flagged, and ends once there is room and the operator retries it', async () => {
    const release = service.counterparts.stalls('confirm');
    const { ada, held, id } = await given({ confirmRefusal: 'HOLD_LOST' });
    await isAt(id, { step: 'confirm' });
    await service.enriches(ada.id, Number.MAX_SAFE_INTEGER - 3000);
    release();
    await isAt(id, { status: 'RUNNING', step: 'confirm', flag: 'NEEDS_OPERATOR' });
    expect(await ada.balance()).toBe(Number.MAX_SAFE_INTEGER);

    const other = service.counterparts.holds({ memberId: ada.id, amount: 5000 });
    expect((await ada.pays(other.id)).is).toBe('201');
    expect((await service.operator.retries(id)).is).toBe('202');

    await hasEnded(ada, id, { status: 'FAILED', code: 'HOLD_LOST' });
    expect(await ada.balance()).toBe(Number.MAX_SAFE_INTEGER - 3000);
    expect(service.counterparts.statusOf(held.id)).toBe('HELD');
  });
});

describe('the list of sagas', () => {
  it('has all of them newest first, page by page, or those in one state', async () => {
    const failed = await given({ confirmRefusal: 'HOLD_LOST' });
    await hasEnded(failed.ada, failed.id, { status: 'FAILED' });
    for (let n = 0; n < 3; n += 1) await given();
    const ids = (await service.db('sagas').select('id')).length;
    const seen: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await service.operator.sagas({ limit: 3, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.body!.items.map(({ id }) => id));
      cursor = page.body!.nextCursor;
      if (cursor === undefined) break;
    }
    expect(seen).toHaveLength(ids);
    expect(seen).toEqual(seen.toSorted().toReversed());
    const { items } = (await service.operator.sagas({ status: 'COMPENSATED', limit: 100 })).body!;
    expect(items.map(({ id }) => id)).toContain(failed.id);
    expect(new Set(items.map(({ status }) => status))).toEqual(new Set(['COMPENSATED']));
    await eventually(async () => expect((await service.operator.sagas({ status: 'RUNNING' })).body).toEqual({ items: [] }));
    expect((await service.operator.sagas({ cursor: 'nonsense' })).is).toBe('400 VALIDATION_FAILED');
  });
});
