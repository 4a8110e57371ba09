import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Saga } from '@onsale/contracts';
import { compensatePaymentSaga, listPaymentSagas, pay, readPaymentSaga, retryPaymentSaga } from '@onsale/contracts/payment';
import { idToBytes, newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import { outcomeOf } from '../../scripts/load/outcome.ts';
import { createHoldBack } from '../kit/hold-back.ts';
import type { TestMember } from '../kit/member.ts';
import { tally } from '../kit/outcome.ts';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

const LATER = { withinMs: 40_000 };
const HOLD_SECONDS = 1_000;
const GRACE_SECONDS = 1_000;
const settings = {
  // sagas that are not answered are sent again, and flagged, within a second or two
  payment: { ONSALE_SAGA_SWEEP_MS: '100', ONSALE_SAGA_RETRY_AFTER_MS: '300', ONSALE_SAGA_FLAG_AFTER: '3' },
  // a hold ends when a test says that its time is over, and soon after
  reservation: {
    ONSALE_HOLD_SECONDS: String(HOLD_SECONDS),
    ONSALE_PAYMENT_GRACE_SECONDS: String(GRACE_SECONDS),
    ONSALE_SWEEP_MS: '200',
  },
};

let fleet: TestFleet;
let operator: { id: string; accessToken: string };
const heldBack = createHoldBack();
beforeAll(async () => {
  fleet = await startTestFleet({ settings });
  const id = newId();
  operator = { id, accessToken: await fleet.accessToken({ memberId: id, role: 'operator' }) };
});
afterEach(() => heldBack.releaseAll());
afterAll(() => fleet?.stop());

/** A member who is admitted to a sale of four seats at 1,000, with 5,000 points and two of the seats. */
const given = async () => {
  const { queueId, scheduleId } = await fleet.sale({ seats: 4, price: 1_000, queue: { cap: 10 } });
  const [ada, bob] = await fleet.members(2);
  await Promise.all([ada.isAdmitted(queueId), bob.isAdmitted(queueId)]);
  await ada.charges(5_000);
  return { queueId, scheduleId, ada, bob };
};
const holds = async (member: TestMember, scheduleId: string) => {
  const held = await member.holds(scheduleId, ['1', '2']);
  expect(held.is).toBe('201');
  return held.body!;
};
/** Begins to pay, and does not wait. */
const begins = async (member: TestMember, reservationId: string, key = newId()): Promise<{ id: string; key: string }> => {
  const begun = await member.asks(pay, { body: { reservationId }, idempotencyKey: key, headers: { prefer: 'wait=0' } });
  expect(begun.is).toBe('202');
  return { id: begun.body!.id, key };
};
const { of: holdsBack } = heldBack;
const walletOf = ({ id }: TestMember) =>
  holdsBack(fleet.stores.databases.payment, (trx) =>
    trx('wallets')
      .where({ member_id: idToBytes(id) })
      .forUpdate()
      .first(),
  );
const seatsOf = async (member: TestMember, scheduleId: string): Promise<string[]> =>
  (await member.seesSeats(scheduleId)).body!.seats.map(({ status }) => status);
const balanceIs = async ({ id }: TestMember, points: number): Promise<void> =>
  expect(await fleet.stores.balanceOf(id)).toEqual({ balance: points, entries: points });
const hasEnded = (member: TestMember, id: string, expected: object) =>
  eventually(async () => expect((await member.payment(id)).body).toMatchObject(expected), LATER);

describe('a payment that takes longer than the hold', () => {
  /** Paying, and this many seconds later. */
  const later = async (member: TestMember, reservationId: string, seconds: number): Promise<void> => {
    await eventually(async () => expect((await member.reservation(reservationId)).body?.status).toBe('PAYING'), LATER);
    await fleet.stores.ages(reservationId, seconds);
  };

  it('and is through within the grace, is paid', async () => {
    const { scheduleId, ada, bob } = await given();
    const { id: reservationId } = await holds(ada, scheduleId);
    const release = await walletOf(ada);
    const { id, key } = await begins(ada, reservationId);
    await later(ada, reservationId, HOLD_SECONDS);
    const paying = (await ada.reservation(reservationId)).body!;
    expect(paying.status).toBe('PAYING');
    expect(Date.parse(paying.expiresAt)).toBeLessThan(Date.now());
    expect(await bob.holds(scheduleId, ['1'])).toMatchObject({ is: '409 SEAT_TAKEN' });
    await release();

    expect(await ada.pays(reservationId, key)).toMatchObject({ is: '201', body: { id, status: 'COMPLETED' } });
    expect(await fleet.stores.sales(scheduleId)).toHaveLength(2);
    await balanceIs(ada, 3_000);
  });

  it('and than its grace, loses the seats to whoever wants them, gives the points back, and says HOLD_LOST', async () => {
    const { queueId, scheduleId, ada, bob } = await given();
    const { id: reservationId } = await holds(ada, scheduleId);
    const release = await walletOf(ada);
    const { id, key } = await begins(ada, reservationId);
    await later(ada, reservationId, HOLD_SECONDS + GRACE_SECONDS);
    await eventually(async () => expect((await ada.reservation(reservationId)).body?.status).toBe('EXPIRED'), LATER);
    expect((await ada.payment(id)).body?.status).toBe('PROCESSING');
    expect(await bob.holds(scheduleId, ['1'])).toMatchObject({ is: '201' });
    await release();

    expect(await ada.pays(reservationId, key)).toMatchObject({ is: '409 HOLD_LOST', problem: { paymentId: id, amount: 2_000 } });
    expect((await ada.payment(id)).body).toMatchObject({ status: 'FAILED', code: 'HOLD_LOST' });
    await balanceIs(ada, 5_000);
    const [refund, payment] = (await ada.entries()).body!.items;
    expect([refund, payment]).toMatchObject([
      { type: 'REFUND', amount: 2_000, reference: id },
      { type: 'PAYMENT', amount: -2_000, reference: id },
    ]);
    expect(await fleet.stores.sales(scheduleId)).toEqual([]);
    expect((await seatsOf(bob, scheduleId)).slice(1)).toEqual(['AVAILABLE', 'AVAILABLE', 'AVAILABLE']);
    expect((await ada.reservation(reservationId)).body?.status).toBe('EXPIRED');
    expect((await ada.status(queueId)).body?.status).toBe('ADMITTED');
  });
});

describe('a purchase', () => {
  const asOperator = () => ({ accessToken: operator.accessToken });
  const saga = async (id: string): Promise<Saga> => fleet.client.call(readPaymentSaga, { ...asOperator(), params: { id } });
  const compensates = (id: string) =>
    outcomeOf(fleet.client.answer(compensatePaymentSaga, { ...asOperator(), params: { id }, body: { reason: 'it hangs' } }));
  const retries = (id: string) => outcomeOf(fleet.client.answer(retryPaymentSaga, { ...asOperator(), params: { id } }));
  const isAt = (id: string, expected: object) => eventually(async () => expect(await saga(id)).toMatchObject(expected), LATER);
  const audited = async (id: string): Promise<string[]> =>
    (await fleet.stores.databases.payment('audit').where({ subject: id }).orderBy('id')).map(({ actor, action }) => {
      expect(actor).toBe(operator.id);
      return action as string;
    });

  it('with too few points is refused, stays refused under its key, and is paid under another once there are enough', async () => {
    const { scheduleId, ada, bob } = await given();
    const { id: reservationId, expiresAt } = await holds(bob, scheduleId);
    const key = newId();
    const refused = await bob.pays(reservationId, key);
    expect(refused).toMatchObject({ is: '402 INSUFFICIENT_POINTS', problem: { amount: 2_000 } });
    expect((await bob.reservation(reservationId)).body).toMatchObject({ status: 'HELD', expiresAt });
    await bob.charges(2_500);
    expect(await bob.pays(reservationId, key)).toMatchObject({
      is: '402 INSUFFICIENT_POINTS',
      problem: { paymentId: refused.problem?.['paymentId'] },
    });
    expect(await bob.pays(reservationId)).toMatchObject({ is: '201', body: { status: 'COMPLETED' } });
    await balanceIs(bob, 500);
    await balanceIs(ada, 5_000);
    expect((await fleet.stores.sales(scheduleId)).map(({ memberId }) => memberId)).toEqual([bob.id, bob.id]);
    expect(await bob.pays(reservationId)).toMatchObject({ is: '409 ALREADY_PAID' });
  });

  it('that hangs at its lock is taken back by an operator: nothing is taken, the seats stay held, and it can be paid anew', async () => {
    const { scheduleId, ada } = await given();
    const { id: reservationId, expiresAt } = await holds(ada, scheduleId);
    const release = await holdsBack(fleet.stores.databases.reservation, (trx) =>
      trx('reservations')
        .where({ id: idToBytes(reservationId) })
        .forUpdate()
        .first(),
    );
    const { id, key } = await begins(ada, reservationId);
    expect(await ada.pays(reservationId)).toMatchObject({ is: '409 PAYMENT_IN_PROGRESS', problem: { paymentId: id } });
    const running = await fleet.client.call(listPaymentSagas, { ...asOperator(), query: { status: 'RUNNING' } });
    expect(running.items.find((one) => one.id === id)).toMatchObject({ step: 'lock', data: { reservationId, memberId: ada.id } });

    expect(await compensates(id)).toMatchObject({ is: '202', body: { status: 'COMPENSATING', failure: { detail: 'it hangs' } } });
    await release();

    await hasEnded(ada, id, { status: 'FAILED', code: 'CANCELLED_BY_OPERATOR' });
    expect(await ada.pays(reservationId, key)).toMatchObject({ is: '409 CANCELLED_BY_OPERATOR', problem: { paymentId: id } });
    expect((await ada.reservation(reservationId)).body).toMatchObject({ status: 'HELD', expiresAt });
    await balanceIs(ada, 5_000);
    expect(await audited(id)).toEqual(['saga.compensate']);
    expect(await ada.pays(reservationId)).toMatchObject({ is: '201' });
    await balanceIs(ada, 3_000);
    expect(await fleet.stores.sales(scheduleId)).toHaveLength(2);
  });

  it('that hangs at its pivot is flagged; taken back, it asks first, and goes forward when the seats were sold', async () => {
    const { scheduleId, ada, bob } = await given();
    const { id: reservationId } = await holds(ada, scheduleId);
    // the sale of the first seat waits for a row that is never committed
    const sale = { schedule_id: idToBytes(scheduleId), seat_id: 1, reservation_id: idToBytes(newId()), sold_at: new Date() };
    const release = await holdsBack(fleet.stores.databases.reservation, (trx) => trx('seat_sales').insert(sale));
    const { id, key } = await begins(ada, reservationId);
    await isAt(id, { status: 'RUNNING', step: 'confirm', flag: 'NEEDS_OPERATOR' });
    await eventually(async () => expect(await fleet.metric(fleet.processesOf('payment').slice(0, 1), 'onsale_sagas_flagged')).toBe(1));
    await balanceIs(ada, 3_000);

    expect(await compensates(id)).toMatchObject({ is: '202', body: { status: 'COMPENSATING', step: 'confirm' } });
    await release();

    await hasEnded(ada, id, { status: 'COMPLETED' });
    expect(await ada.pays(reservationId, key)).toMatchObject({ is: '201' });
    expect(await fleet.stores.sales(scheduleId)).toMatchObject([{ reservationId }, { reservationId }]);
    expect(await seatsOf(bob, scheduleId)).toEqual(['SOLD', 'SOLD', 'AVAILABLE', 'AVAILABLE']);
    await balanceIs(ada, 3_000);
    await isAt(id, { status: 'COMPLETED' });
  });

  it('that is paid is not taken back, though its number is not spent yet; it is retried until it is', async () => {
    const { queueId, scheduleId, ada } = await given();
    const { id: reservationId } = await holds(ada, scheduleId);
    const release = await holdsBack(fleet.stores.databases.queue, (trx) =>
      trx('journal').where({ queue_id: queueId }).forUpdate().select(),
    );
    const paid = await ada.pays(reservationId);
    expect(paid.is).toBe('201');
    const { id } = paid.body!;
    expect(await compensates(id)).toMatchObject({ is: '409 SAGA_PAST_PIVOT' });
    expect(await saga(id)).toMatchObject({ status: 'RUNNING', step: 'spend' });
    expect(await retries(id)).toMatchObject({ is: '202', body: { attempts: 0 } });
    await release();

    await eventually(async () => expect((await ada.status(queueId)).body?.status).toBe('COMPLETED'), LATER);
    await isAt(id, { status: 'COMPLETED' });
    expect([(await compensates(id)).is, (await retries(id)).is]).toEqual(['409 SAGA_ENDED', '409 SAGA_ENDED']);
    expect(await audited(id)).toEqual(['saga.retry']);
    expect((await ada.payment(id)).body?.status).toBe('COMPLETED');
    await balanceIs(ada, 3_000);
  });

  it('begins with at most eight seats of a schedule, however many requests one member sends at once', async () => {
    const { queueId, scheduleId } = await fleet.sale({ seats: 80, price: 1_000, queue: { cap: 10 } });
    const [ada] = await fleet.members(1);
    await ada.isAdmitted(queueId);
    const eight = (at: number) => Array.from({ length: 8 }, (_, i) => String(8 * at + i + 1));
    const outcomes = await Promise.all(Array.from({ length: 10 }, (_, at) => ada.holds(scheduleId, eight(at))));
    expect(tally(outcomes)).toEqual({ '201': 1, '409 MEMBER_LIMIT': 9 });
    expect(await fleet.stores.liveHolds(scheduleId)).toHaveLength(8);
  });
});
