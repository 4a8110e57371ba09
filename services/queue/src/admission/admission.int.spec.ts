import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PLACES_CHANGED, PlacesChanged } from '@onsale/contracts/queue';
import { eventually } from '@onsale/shared/testing';
import type { Room } from '../room.ts';
import { inOrderOfTurn, live, mostLive } from '../testing/journal-checks.ts';
import { testRooms, type TestMember, type TestRooms } from '../testing/test-room.ts';

let rooms: TestRooms;
let room: Room;
let other: Room;
beforeAll(async () => {
  rooms = await testRooms();
  [room, other] = await Promise.all([rooms.replica(), rooms.replica()]);
});
afterAll(() => rooms.stop());

const ascending = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);
const enterAll = (members: readonly TestMember[]) => Promise.all(members.map((member) => member.enters()));

describe('admission', () => {
  it('admits exactly the cap when a thousand come at once, and the next ten when ten end', async () => {
    const queueId = await rooms.queue(room, { cap: 100 });
    const members = [...rooms.members(room, queueId, 500), ...rooms.members(other, queueId, 500)];
    await enterAll(members);
    await eventually(async () => expect(live(await rooms.journal(queueId))).toHaveLength(100));

    const byNumber = members.toSorted((a, b) => a.number() - b.number());
    expect(inOrderOfTurn(await rooms.journal(queueId))).toEqual(byNumber.slice(0, 100).map((member) => member.number()));

    await Promise.all(byNumber.slice(0, 10).map((member) => rooms.spend(room, queueId, member.number())));
    await eventually(async () => expect(await rooms.journal(queueId)).toHaveLength(110));

    const rows = await rooms.journal(queueId);
    expect(live(rows).map(({ number }) => number)).toEqual(byNumber.slice(10, 110).map((member) => member.number()));
    expect(mostLive(rows)).toBe(100);
    // the journal decides, Redis is told a moment later
    await eventually(async () => expect((await byNumber[109]!.checked()).status).toBe('ADMITTED'));
    await eventually(async () => expect(await byNumber[110]!.checked()).toMatchObject({ status: 'WAITING', position: 1 }));
  });

  it('never has more than the cap inside, in order of number, while five hundred come and go through two replicas', async () => {
    const queueId = await rooms.queue(room, { cap: 50 });
    const members = [...rooms.members(room, queueId, 250), ...rooms.members(other, queueId, 250)];
    await Promise.all(
      members.map(async (member, i) => {
        await member.enters();
        await eventually(async () => expect((await member.checked()).status).toBe('ADMITTED'));
        if (i % 2 === 0) await member.leaves();
        else await rooms.spend(i % 3 === 0 ? room : other, queueId, member.number());
      }),
    );

    const rows = await rooms.journal(queueId);
    expect(rows).toHaveLength(500);
    expect(mostLive(rows)).toBeLessThanOrEqual(50);
    expect(mostLive(rows)).toBeGreaterThan(25);
    const order = inOrderOfTurn(rows);
    expect(order).toEqual(ascending(order));
    expect(rows.filter(({ late }) => late === 1)).toEqual([]);
    expect(rows.map(({ ending }) => ending)).toEqual(expect.arrayContaining(['LEFT', 'COMPLETED']));
    expect(live(rows)).toEqual([]);
  });

  it('admits everybody where there is no cap', async () => {
    const queueId = await rooms.queue(room, { cap: undefined });
    const members = rooms.members(room, queueId, 30);
    await enterAll(members);
    // with the answer that gives the number, unless the other replica happened to be admitting
    await eventually(async () => {
      const answers = await Promise.all(members.map((member) => member.checked()));
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 30 }, () => 'ADMITTED'));
    });
    expect(live(await rooms.journal(queueId))).toHaveLength(30);
  });

  it('gives notice of whom it admitted, and of who ended, once Redis knows', async () => {
    const queueId = await rooms.queue(room, { cap: 2 });
    const members = rooms.members(room, queueId, 2);
    await enterAll(members);
    const isNoticed = (since: number): void => {
      const noticed = rooms.notices
        .slice(since)
        .filter(({ channel }) => channel === PLACES_CHANGED)
        .map(({ message }) => PlacesChanged.parse(JSON.parse(message)))
        .flatMap((notice) => (notice.queueId === queueId ? notice.numbers : []));
      expect(noticed).toEqual(expect.arrayContaining(members.map((member) => member.number())));
    };
    const statuses = async (): Promise<string[]> =>
      (await Promise.all(members.map((member) => member.checked()))).map(({ status }) => status);
    await eventually(() => isNoticed(0));
    expect(await statuses()).toEqual(['ADMITTED', 'ADMITTED']);
    await room.ticker.settled(queueId); // nothing of the admission is told of from now on
    await other.ticker.settled(queueId);
    const since = rooms.notices.length;
    for (const member of members) await rooms.spend(room, queueId, member.number());
    await eventually(() => isNoticed(since));
    expect(await statuses()).toEqual(['COMPLETED', 'COMPLETED']);
  });

  it('lets a lowered cap drain, and fills a raised one', async () => {
    const queueId = await rooms.queue(room, { cap: 3 });
    const members = rooms.members(room, queueId, 6);
    for (const member of members) await member.enters();
    await eventually(async () => expect(live(await rooms.journal(queueId))).toHaveLength(3));

    await rooms.change(room, queueId, { cap: 1 });
    await members[0]!.leaves();
    await members[1]!.leaves();
    await room.ticker.settled(queueId);
    expect(live(await rooms.journal(queueId))).toHaveLength(1);

    await rooms.change(other, queueId, { cap: 4 });
    await eventually(async () => expect(live(await rooms.journal(queueId))).toHaveLength(4));
  });

  it('admits no faster than admitPerSecond', async () => {
    const began = Date.now();
    const queueId = await rooms.queue(room, { cap: 1000, admitPerSecond: 20 });
    await enterAll(rooms.members(room, queueId, 60));
    const rows = await eventually(async () => {
      const all = await rooms.journal(queueId);
      expect(all).toHaveLength(60);
      return all;
    });
    // a second's worth and one in the bucket, and what came in since; how it falls, and that nothing is added, is told of `the rate of admission`
    const lasted = Math.max(...rows.map(({ admitted_at }) => admitted_at!.getTime())) - began;
    expect(rows.length).toBeLessThanOrEqual(21 + (20 * lasted) / 1000);
  });

  it('ends an admission when its window is over, gives the slot on, and lets the member queue again', async () => {
    const queueId = await rooms.queue(room, { cap: 1, windowSeconds: 1 });
    const [first, second] = rooms.members(room, queueId, 2) as [TestMember, TestMember];
    await first.enters();
    await eventually(async () => expect(live(await rooms.journal(queueId))).toHaveLength(1));
    await second.enters();

    await eventually(async () => expect((await second.checked()).status).toBe('ADMITTED'));
    expect(await first.checked()).toEqual({ status: 'EXPIRED' });
    const again = await first.enters();
    expect(again.created).toBe(true);

    const [row] = await rooms.journal(queueId);
    expect(row).toMatchObject({ ending: 'EXPIRED' });
    expect(row!.until!.getTime() - row!.admitted_at!.getTime()).toBe(1000);
    expect(row!.ended_at!.getTime()).toBeGreaterThanOrEqual(row!.until!.getTime());
  });
});
