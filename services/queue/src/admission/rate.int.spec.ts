import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@onsale/shared/testing';
import type { Room } from '../room.ts';
import { testRooms, type TestMember, type TestRooms } from '../testing/test-room.ts';

let rooms: TestRooms;
/** Takes a tick when it is woken, and else none. */
let woken: Room;
/** Takes its ticks when the test says so. */
let still: Room;
beforeAll(async () => {
  rooms = await testRooms();
  woken = await rooms.replica({ tickMs: 3_600_000 });
  still = await rooms.replica({ ticking: false });
});
afterAll(() => rooms.stop());

const enterAll = (members: readonly TestMember[]) => Promise.all(members.map((member) => member.enters()));
const bucketOf = async (queueId: string): Promise<{ allowance: number; atMs: number }> => {
  const row = await rooms.db('queues').where({ id: queueId }).first<{ allowance: number; allowance_at: Date }>('allowance', 'allowance_at');
  return { allowance: row.allowance, atMs: row.allowance_at.getTime() };
};

describe('the rate of admission', () => {
  it('is not bounded by the ticks when more wait than one takes', async () => {
    const queueId = await rooms.queue(woken, { cap: undefined });
    await rooms.steer(woken, queueId, 'pause');
    await enterAll(rooms.members(woken, queueId, 1200));
    await rooms.steer(woken, queueId, 'resume');
    await eventually(async () => expect(await rooms.journal(queueId)).toHaveLength(1200));
  });

  it('is what was set: nothing of it is lost, and nothing added, however the ticks of two replicas fall', async () => {
    const rate = 7.3;
    const another = await rooms.replica({ ticking: false });
    const queueId = await rooms.queue(still, { cap: undefined, admitPerSecond: rate });
    await rooms.steer(still, queueId, 'pause');
    for (const member of rooms.members(woken, queueId, 100)) await member.enters();
    await rooms.steer(still, queueId, 'resume');

    let admitted = 0;
    let last = await bucketOf(queueId);
    for (let tick = 0; tick < 30; tick += 1) {
      const earlier = rooms.db.raw('allowance_at - INTERVAL ? MICROSECOND', [(200 + ((tick * 37) % 250)) * 1000]); // as if it were later
      await rooms.db('queues').where({ id: queueId }).update({ allowance_at: earlier });
      const before = await bucketOf(queueId);
      const { admitted: count } = await (tick % 2 === 0 ? still : another).steps.admitNext(queueId);
      const after = await bucketOf(queueId);
      const came = (rate * (after.atMs - before.atMs)) / 1000;
      expect(count).toBeLessThanOrEqual(last.allowance + came + 1e-6);
      // unless this machine slept so long that the bucket ran over, all that came in is spent, or still there
      if (last.allowance + came <= rate + 1) expect(count + after.allowance).toBeCloseTo(last.allowance + came, 6);
      admitted += count;
      last = after;
    }
    expect(admitted).toBeGreaterThan(30);
    expect(await rooms.journal(queueId)).toHaveLength(admitted);
  });
});
