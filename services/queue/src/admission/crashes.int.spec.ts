import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createMetrics } from '@onsale/shared/metrics';
import { createLine } from '../line/line.ts';
import type { Room } from '../room.ts';
import { inOrderOfTurn, live } from '../testing/journal-checks.ts';
import { testRooms, type TestMember, type TestRooms } from '../testing/test-room.ts';
import { admitNext } from './admit-next.ts';

let rooms: TestRooms;
/** Neither ticks by itself: the test takes the steps, and leaves out those that a dying process would have left out. */
let dying: Room;
let survivor: Room;
beforeAll(async () => {
  rooms = await testRooms();
  [dying, survivor] = await Promise.all([rooms.replica({ ticking: false }), rooms.replica({ ticking: false })]);
});
afterAll(() => rooms.stop());

const tick = async (room: Room, queueId: string): Promise<void> => {
  await room.steps.endExpired();
  await room.steps.tellLine();
  await room.steps.admitNext(queueId);
  await room.steps.tellLine();
};

const given = async (cap: number, count: number): Promise<{ queueId: string; members: TestMember[] }> => {
  const queueId = await rooms.queue(dying, { cap });
  const members = rooms.members(survivor, queueId, count);
  for (const member of members) await member.enters();
  return { queueId, members };
};
const states = (members: readonly TestMember[]) => Promise.all(members.map(async (member) => (await member.checked()).status));
const numbers = (members: readonly TestMember[]) => members.map((member) => member.number());

describe('a death between the commit and Redis', () => {
  it('of admissions is mended by the next tick of another replica, also where the queue is full by them', async () => {
    const { queueId, members } = await given(2, 4);
    await expect(dying.steps.admitNext(queueId)).resolves.toMatchObject({ admitted: 2 });
    expect(await states(members)).toEqual(['WAITING', 'WAITING', 'WAITING', 'WAITING']);

    await tick(survivor, queueId);
    expect(await states(members)).toEqual(['ADMITTED', 'ADMITTED', 'WAITING', 'WAITING']);
    expect(inOrderOfTurn(await rooms.journal(queueId))).toEqual(numbers(members.slice(0, 2)));
  });

  it('of admissions does not admit the same numbers again, even if Redis is not told before the next ones', async () => {
    const { queueId, members } = await given(2, 4);
    await dying.steps.admitNext(queueId);
    await rooms.change(survivor, queueId, { cap: 4 });
    await survivor.steps.admitNext(queueId);
    await tick(survivor, queueId);
    expect(inOrderOfTurn(await rooms.journal(queueId))).toEqual(numbers(members));
    expect(await states(members)).toEqual(['ADMITTED', 'ADMITTED', 'ADMITTED', 'ADMITTED']);
  });

  it('of an end is mended too, and the slot goes to the next', async () => {
    const { queueId, members } = await given(1, 2);
    await tick(survivor, queueId);
    await rooms.spend(dying, queueId, members[0]!.number());
    expect(await states(members)).toEqual(['ADMITTED', 'WAITING']);

    await tick(survivor, queueId);
    expect(await states(members)).toEqual(['COMPLETED', 'ADMITTED']);
    expect(await rooms.journal(queueId)).toMatchObject([
      { ending: 'COMPLETED', told: 1 },
      { ending: null, told: 1 },
    ]);
  });

  it('leaves nothing behind when the end comes between the reading and the telling of an admission', async () => {
    const { queueId, members } = await given(1, 1);
    await dying.steps.admitNext(queueId);
    await rooms.spend(dying, queueId, members[0]!.number());
    await tick(survivor, queueId);
    await survivor.steps.tellLine();
    expect(await states(members)).toEqual(['COMPLETED']);
    expect(await rooms.redis.zcard(rooms.key(queueId, 'admitted'))).toBe(0);
  });
});

describe('two replicas that tick at the same moment', () => {
  it('never admit more than the cap, nor anybody twice', async () => {
    const { queueId, members } = await given(20, 60);
    for (let round = 0; round < 6; round += 1) {
      await Promise.all([tick(dying, queueId), tick(survivor, queueId), tick(dying, queueId), tick(survivor, queueId)]);
      const inside = live(await rooms.journal(queueId));
      expect(inside.length).toBeLessThanOrEqual(20);
      await Promise.all(inside.slice(0, 8).map(({ number }) => rooms.spend(round % 2 === 0 ? dying : survivor, queueId, number)));
    }
    await tick(survivor, queueId);
    const order = inOrderOfTurn(await rooms.journal(queueId));
    expect(order).toEqual(numbers(members).slice(0, order.length));
    expect(order.length).toBeGreaterThan(50);
  });
});

describe('a line that was lost and begun anew between the reading of its head and the lock', () => {
  it('has nobody admitted by what was read, for it rests until those who were lost are back', async () => {
    const { queueId, members } = await given(2, 2);
    const line = createLine({ redis: rooms.redis, namespace: 'test' });
    const read: number[][] = [];
    const interrupted: typeof line = {
      ...line,
      head: async (...args) => {
        const head = await line.head(...args);
        read.push(head!.lanes.flatMap(({ first }) => first.map(({ number }) => number)));
        await rooms.wipe();
        await survivor.steps.restoreLine(queueId, args[0].generation);
        return head;
      },
    };
    const metrics = createMetrics({ service: 'queue', defaults: false });
    const admit = admitNext({ db: rooms.db, line: interrupted, restoreLine: dying.steps.restoreLine, metrics });

    expect(await admit(queueId)).toMatchObject({ admitted: 0 });
    expect(read).toEqual([numbers(members)]);
    expect(await survivor.steps.admitNext(queueId)).toMatchObject({ admitted: 0 });
    expect(await rooms.journal(queueId)).toEqual([]);
  });
});

describe('an end', () => {
  it('is not told before it is in the journal, though the window be over and Redis know nothing', async () => {
    const { queueId, members } = await given(1, 1);
    await tick(survivor, queueId);
    await rooms
      .db('journal')
      .where({ queue_id: queueId })
      .update({ until: new Date(Date.now() - 60_000) });
    await rooms.wipe();
    expect(await members[0]!.checked()).toMatchObject({ status: 'ADMITTED', remainingMs: 0 });
    await tick(survivor, queueId);
    expect(await states(members)).toEqual(['EXPIRED']);
  });

  it('is the first that came: a spent place cannot be left, and a place that was left cannot be spent', async () => {
    const { queueId, members } = await given(2, 2);
    const [spent, left] = members as [TestMember, TestMember];
    await tick(survivor, queueId);
    await rooms.spend(survivor, queueId, spent.number());
    await spent.leaves();
    await left.leaves();
    await rooms.spend(survivor, queueId, left.number());
    await tick(survivor, queueId);
    expect(await states(members)).toEqual(['COMPLETED', 'LEFT']);
  });

  it('of a number that was never admitted spends nothing', async () => {
    const { queueId, members } = await given(0, 1);
    await rooms.spend(survivor, queueId, members[0]!.number());
    await rooms.spend(survivor, queueId, 1);
    expect(await rooms.journal(queueId)).toEqual([]);
  });
});
