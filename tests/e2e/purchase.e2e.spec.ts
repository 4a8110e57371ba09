import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@onsale/shared/testing';
import { broken } from '../../scripts/invariants/report.ts';
import { verifyInvariants } from '../../scripts/invariants/verify-invariants.ts';
import { startTestFleet, twoOfEach, type TestFleet } from '../kit/test-fleet.ts';

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startTestFleet({ replicas: twoOfEach });
});
afterEach(async () => expect(broken(await verifyInvariants(fleet))).toEqual([]));
afterAll(() => fleet?.stop());

describe('a purchase', () => {
  it('Q6, Q7: goes from a number in the line to owned seats, and gives the slot to the next in line', async () => {
    const { queueId, scheduleId } = await fleet.sale({ seats: 4, price: 2_500, queue: { cap: 1 } });
    const [ada, bob] = await fleet.members(2);
    await ada.isAdmitted(queueId);
    const waiting = await bob.takesNumber(queueId);
    expect(waiting).toMatchObject({ is: '201', body: { status: 'WAITING', position: 1 } });

    const map = await ada.seesSeats(scheduleId);
    expect(map.body).toMatchObject({ scheduleId, seats: [{ id: '1', status: 'AVAILABLE', price: 2_500 }, {}, {}, {}] });
    const held = await ada.holds(scheduleId, ['1', '2']);
    expect(held).toMatchObject({
      is: '201',
      body: {
        status: 'HELD',
        amount: 5_000,
        seats: [
          { id: '1', status: 'HELD' },
          { id: '2', status: 'HELD' },
        ],
      },
    });
    const reservationId = held.body!.id;
    expect((await ada.charges(6_000)).body).toMatchObject({ type: 'CHARGE', amount: 6_000, balanceAfter: 6_000 });

    const paid = await ada.pays(reservationId);
    expect(paid).toMatchObject({ is: '201', body: { status: 'COMPLETED', amount: 5_000, reservationId } });
    expect(paid.headers.get('location')).toBe(`/api/v1/payments/${paid.body!.id}`);

    expect((await ada.reservation(reservationId)).body).toMatchObject({
      status: 'CONFIRMED',
      seats: [{ status: 'SOLD' }, { status: 'SOLD' }],
    });
    expect((await ada.wallet()).body).toEqual({ balance: 1_000 });
    expect(await fleet.stores.sales(scheduleId)).toEqual([
      { seatId: '1', memberId: ada.id, reservationId },
      { seatId: '2', memberId: ada.id, reservationId },
    ]);
    expect(await fleet.stores.balanceOf(ada.id)).toEqual({ balance: 1_000, entries: 1_000 });

    const adaIsDone = async () => expect((await ada.status(queueId)).body).toMatchObject({ status: 'COMPLETED' });
    await eventually(() => fleet.atEveryGateway(adaIsDone));
    await eventually(async () => expect((await bob.status(queueId)).body).toMatchObject({ status: 'ADMITTED' }));
    expect(await ada.holds(scheduleId, ['3'])).toMatchObject({
      is: '403 QUEUE_NOT_ADMITTED',
      problem: { status: 403, queue: { status: 'COMPLETED' } },
    });
  });

  it('Q5: is paid for by whoever holds the seats, also after the time inside is over', async () => {
    const { queueId, scheduleId } = await fleet.sale({ seats: 1, price: 1_000, queue: { cap: 10 } });
    const [ada] = await fleet.members(1);
    await ada.isAdmitted(queueId);
    const held = await ada.holds(scheduleId, ['1']);
    await ada.charges(1_000);
    await fleet.stores.windowIsOver(queueId);
    await eventually(async () => expect((await ada.status(queueId)).body).toMatchObject({ status: 'EXPIRED' }));
    expect(await ada.pays(held.body!.id)).toMatchObject({ is: '201', body: { status: 'COMPLETED' } });
    expect(await fleet.stores.sales(scheduleId)).toHaveLength(1);
  });

  it('with too few points ends in 402, keeps the hold and debits nothing; charged, it goes through', async () => {
    const { queueId, scheduleId } = await fleet.sale({ seats: 1, price: 3_000, queue: { cap: 10 } });
    const [ada] = await fleet.members(1);
    await ada.isAdmitted(queueId);
    const held = await ada.holds(scheduleId, ['1']);
    await ada.charges(1_000);

    expect(await ada.pays(held.body!.id)).toMatchObject({ is: '402 INSUFFICIENT_POINTS' });

    expect((await ada.reservation(held.body!.id)).body).toMatchObject({ status: 'HELD', expiresAt: held.body!.expiresAt });
    expect(await fleet.stores.balanceOf(ada.id)).toEqual({ balance: 1_000, entries: 1_000 });
    expect(await fleet.stores.sales(scheduleId)).toEqual([]);
    await ada.charges(2_000);
    expect(await ada.pays(held.body!.id)).toMatchObject({ is: '201' });
    expect(await fleet.stores.balanceOf(ada.id)).toEqual({ balance: 0, entries: 0 });
  });

  it('of another member’s reservation is no such thing, and harms nobody', async () => {
    const { queueId, scheduleId } = await fleet.sale({ seats: 1, price: 1_000, queue: { cap: 10 } });
    const [ada, eve] = await fleet.members(2);
    await Promise.all([ada.isAdmitted(queueId), eve.isAdmitted(queueId)]);
    const held = await ada.holds(scheduleId, ['1']);
    await Promise.all([ada.charges(1_000), eve.charges(1_000)]);
    expect(await eve.pays(held.body!.id)).toMatchObject({ is: '404 NOT_FOUND' });
    expect(await eve.reservation(held.body!.id)).toMatchObject({ is: '404 NOT_FOUND' });
    expect(await eve.releases(held.body!.id)).toMatchObject({ is: '404 NOT_FOUND' });
    expect(await ada.pays(held.body!.id)).toMatchObject({ is: '201' });
    expect(await fleet.stores.balanceOf(eve.id)).toEqual({ balance: 1_000, entries: 1_000 });
  });

  it('of a hold whose time is over is refused, debits nothing, and its seats are free again', async () => {
    const { queueId, scheduleId } = await fleet.sale({ seats: 2, price: 1_000, queue: { cap: 10 } });
    const [ada, bob] = await fleet.members(2);
    await Promise.all([ada.isAdmitted(queueId), bob.isAdmitted(queueId)]);
    const held = await ada.holds(scheduleId, ['1', '2']);
    await ada.charges(2_000);
    await fleet.stores.ages(held.body!.id, 3_600);
    await eventually(async () => expect((await ada.reservation(held.body!.id)).body).toMatchObject({ status: 'EXPIRED' }));

    expect(await ada.pays(held.body!.id)).toMatchObject({ is: '409 HOLD_EXPIRED' });

    expect(await fleet.stores.balanceOf(ada.id)).toEqual({ balance: 2_000, entries: 2_000 });
    expect((await bob.seesSeats(scheduleId)).body?.seats.map(({ status }) => status)).toEqual(['AVAILABLE', 'AVAILABLE']);
    expect(await bob.holds(scheduleId, ['1', '2'])).toMatchObject({ is: '201' });
    expect(await fleet.stores.sales(scheduleId)).toEqual([]);
  });

  it('gives a released hold to the next at once', async () => {
    const { queueId, scheduleId } = await fleet.sale({ seats: 1, price: 1_000, queue: { cap: 10 } });
    const [ada, bob] = await fleet.members(2);
    await Promise.all([ada.isAdmitted(queueId), bob.isAdmitted(queueId)]);
    const held = await ada.holds(scheduleId, ['1']);
    expect(await bob.holds(scheduleId, ['1'])).toMatchObject({ is: '409 SEAT_TAKEN', problem: { seats: ['1'] } });
    expect(await ada.releases(held.body!.id)).toMatchObject({ is: '204' });
    expect(await bob.holds(scheduleId, ['1'])).toMatchObject({ is: '201' });
    expect(await fleet.stores.liveHolds(scheduleId)).toEqual([{ seatId: '1', memberId: bob.id }]);
  });
});
