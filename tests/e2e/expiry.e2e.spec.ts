import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@onsale/shared/testing';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startTestFleet({ settings: { reservation: { ONSALE_HOLD_SECONDS: '2' } } });
});
afterAll(() => fleet?.stop());

describe('a hold whose time is over', () => {
  it('cannot be paid, debits nothing, and its seats are free again', async () => {
    const { queueId, scheduleId } = await fleet.sale({ seats: 2, price: 1_000, queue: { cap: 10 } });
    const [ada, bob] = await fleet.members(2);
    await Promise.all([ada.isAdmitted(queueId), bob.isAdmitted(queueId)]);
    const held = await ada.holds(scheduleId, ['1', '2']);
    await ada.charges(2_000);
    await eventually(async () => expect((await ada.reservation(held.body!.id)).body).toMatchObject({ status: 'EXPIRED' }));

    expect(await ada.pays(held.body!.id)).toMatchObject({ is: '409 HOLD_EXPIRED' });

    expect(await fleet.stores.balanceOf(ada.id)).toEqual({ balance: 2_000, entries: 2_000 });
    expect((await bob.seesSeats(scheduleId)).body?.seats.map(({ status }) => status)).toEqual(['AVAILABLE', 'AVAILABLE']);
    expect(await bob.holds(scheduleId, ['1', '2'])).toMatchObject({ is: '201' });
    expect(await fleet.stores.sales(scheduleId)).toEqual([]);
  });
});
