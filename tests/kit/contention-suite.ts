import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@onsale/shared/ids';
import { broken } from '../../scripts/invariants/report.ts';
import { verifyInvariants } from '../../scripts/invariants/verify-invariants.ts';
import { tally } from './outcome.ts';
import { startTestFleet, twoOfEach, type TestFleet } from './test-fleet.ts';

/** What must hold when many want the same at once, with the locks that shed contention in front of the database, and without. */
export const contentionSuite = (name: string, { locks }: { locks: 'on' | 'off' }): void => {
  let fleet: TestFleet;
  beforeAll(async () => {
    fleet = await startTestFleet({ replicas: twoOfEach, settings: { reservation: { ONSALE_LOCKS: locks } } });
  });
  afterEach(async () => expect(broken(await verifyInvariants(fleet))).toEqual([]));
  afterAll(() => fleet?.stop());

  describe(name, () => {
    it(locks === 'on' ? 'asks the lock of a seat before the database' : 'asks no lock', async () => {
      const { queueId, scheduleId } = await fleet.sale({ seats: 1, price: 1_000, queue: { cap: 10 } });
      const [ada] = await fleet.members(1);
      await ada.isAdmitted(queueId);
      const lock = `${fleet.namespace}:{lock}:seat:${scheduleId}:1`;
      await fleet.redis.set(lock, 'somebody else');
      if (locks === 'on') expect(await ada.once().holds(scheduleId, ['1'])).toMatchObject({ is: '409 BUSY' });
      else expect(await ada.holds(scheduleId, ['1'])).toMatchObject({ is: '201' });
      await fleet.redis.del(lock);
      if (locks === 'on') expect(await ada.holds(scheduleId, ['1'])).toMatchObject({ is: '201' });
    });

    it('lets one of a hundred members hold a seat', async () => {
      const { queueId, scheduleId } = await fleet.sale({ seats: 1, price: 1_000, queue: { cap: 100 } });
      const members = await fleet.members(100);
      await Promise.all(members.map((member) => member.isAdmitted(queueId)));

      const outcomes = await Promise.all(members.map((member) => member.holds(scheduleId, ['1'])));

      expect(tally(outcomes)).toEqual({ '201': 1, '409 SEAT_TAKEN': 99 });
      const winner = members[outcomes.findIndex(({ status }) => status === 201)]!;
      expect(await fleet.stores.liveHolds(scheduleId)).toEqual([{ seatId: '1', memberId: winner.id }]);
    });

    it('never splits pairs of seats that overlap', async () => {
      const { queueId, scheduleId } = await fleet.sale({ seats: 10, price: 1_000, queue: { cap: 100 } });
      const members = await fleet.members(40);
      await Promise.all(members.map((member) => member.isAdmitted(queueId)));
      const pairOf = (i: number): string[] => [String((i % 10) + 1), String(((i + 1) % 10) + 1)];

      const outcomes = await Promise.all(members.map((member, i) => member.holds(scheduleId, pairOf(i))));

      const held = outcomes.flatMap(({ status }, i) =>
        status === 201 ? pairOf(i).map((seatId) => ({ seatId, memberId: members[i]!.id })) : [],
      );
      expect(Object.keys(tally(outcomes)).sort()).toEqual(['201', '409 SEAT_TAKEN']);
      expect(held.length).toBeGreaterThanOrEqual(6);
      const bySeat = (a: { seatId: string }, b: { seatId: string }) => Number(a.seatId) - Number(b.seatId);
      expect(await fleet.stores.liveHolds(scheduleId)).toEqual(held.sort(bySeat));
    });

    it('does a keyed hold once for twenty askers at once', async () => {
      const { queueId, scheduleId } = await fleet.sale({ seats: 2, price: 1_000, queue: { cap: 10 } });
      const [ada] = await fleet.members(1);
      await ada.isAdmitted(queueId);
      const key = newId();

      const outcomes = await Promise.all(Array.from({ length: 20 }, () => ada.holds(scheduleId, ['1'], key)));

      expect(tally(outcomes)).toEqual({ '201': 20 });
      expect(new Set(outcomes.map(({ body }) => JSON.stringify(body))).size).toBe(1);
      expect(await fleet.stores.reservations(scheduleId)).toHaveLength(1);
      expect(await ada.holds(scheduleId, ['2'], key)).toMatchObject({ is: '422 IDEMPOTENCY_KEY_REUSED' });
    });

    it('debits a reservation once, however often and by however many keys it is paid at once', async () => {
      const { queueId, scheduleId } = await fleet.sale({ seats: 1, price: 1_000, queue: { cap: 10 } });
      const [ada] = await fleet.members(1);
      await ada.isAdmitted(queueId);
      const held = await ada.holds(scheduleId, ['1']);
      await ada.charges(10_000);

      const outcomes = await Promise.all(Array.from({ length: 10 }, () => ada.pays(held.body!.id)));

      const counts = tally(outcomes);
      expect(counts['201']).toBe(1);
      expect((counts['409 ALREADY_PAID'] ?? 0) + (counts['409 PAYMENT_IN_PROGRESS'] ?? 0)).toBe(9);
      expect(await fleet.stores.balanceOf(ada.id)).toEqual({ balance: 9_000, entries: 9_000 });
      expect(await fleet.stores.sales(scheduleId)).toHaveLength(1);
      expect(await ada.pays(held.body!.id)).toMatchObject({ is: '409 ALREADY_PAID' });
    });

    it('does a keyed payment once, and renders it again to whoever asks again', async () => {
      const { queueId, scheduleId } = await fleet.sale({ seats: 1, price: 1_000, queue: { cap: 10 } });
      const [ada] = await fleet.members(1);
      await ada.isAdmitted(queueId);
      const held = await ada.holds(scheduleId, ['1']);
      await ada.charges(5_000);
      const key = newId();

      const outcomes = await Promise.all(Array.from({ length: 20 }, () => ada.pays(held.body!.id, key)));

      expect(tally(outcomes)).toEqual({ '201': 20 });
      expect(new Set(outcomes.map(({ body }) => JSON.stringify(body))).size).toBe(1);
      expect(await fleet.stores.balanceOf(ada.id)).toEqual({ balance: 4_000, entries: 4_000 });
    });
  });
};
