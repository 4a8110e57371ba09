import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@onsale/shared/ids';
import { captureLog } from '@onsale/shared/testing';
import { createLine, type Line } from '../line/line.ts';
import { findLost } from '../places/find-lost.ts';
import { findQueue } from '../queues/queue-store.ts';
import type { Room } from '../room.ts';
import { buildPlace } from '../testing/build-queue.ts';
import { live } from '../testing/journal-checks.ts';
import { NO_REST } from '../queues/rest-store.ts';
import { testRooms, type TestMember, type TestRooms } from '../testing/test-room.ts';

let rooms: TestRooms;
/** Neither ticks by itself: the test takes the steps, in the order that it tells of. */
let room: Room;
let other: Room;
let line: Line;
beforeAll(async () => {
  rooms = await testRooms();
  [room, other] = await Promise.all([rooms.replica({ ticking: false }), rooms.replica({ ticking: false })]);
  line = createLine({ redis: rooms.redis, namespace: 'test' });
});
afterAll(() => rooms.stop());

/** A member with a number from before Redis was emptied and one from after it; the rest is over. */
const given = async (): Promise<{ queueId: string; old: TestMember; again: TestMember }> => {
  const queueId = await rooms.queue(room, { cap: 0 });
  const old = rooms.member(room, queueId);
  await old.enters();
  await rooms.wipe();
  const again = rooms.member(room, queueId, old.id);
  await again.enters();
  await rooms.change(room, queueId, { cap: 2 });
  await rooms.db('queues').where({ id: queueId }).update(NO_REST);
  return { queueId, old, again };
};

/** The old number is shown, and looked for in the journal; before it is put back, `meanwhile`. */
const shows = async (queueId: string, { number, hash }: { number: number; hash: string }, meanwhile: () => Promise<unknown>) => {
  const interrupted: Line = {
    ...line,
    restore: async (...args) => {
      await meanwhile();
      return line.restore(...args);
    },
  };
  const queue = (await findQueue(rooms.db, queueId))!;
  const find = findLost({ db: rooms.db, line: interrupted, log: captureLog().log });
  return (await find(queue, [buildPlace(queue, number, hash)], { redisAway: false }))[0]!.standing;
};
const shown = ({ number, hash }: TestMember) => ({ number: number(), hash });
const statuses = (members: readonly TestMember[]) => Promise.all(members.map(async (member) => (await member.checked()).status));

describe('a member with two places', () => {
  it('keeps the one that is admitted while the lower one is put back, and the lower one gives way', async () => {
    const { queueId, old, again } = await given();
    await shows(queueId, shown(old), () => other.steps.admitNext(queueId));
    expect(live(await rooms.journal(queueId))).toMatchObject([{ number: again.number() }]);

    await other.steps.tellLine();
    await room.steps.admitNext(queueId);
    await room.steps.tellLine();
    expect(await statuses([old, again])).toEqual(['LEFT', 'ADMITTED']);
    expect(await rooms.journal(queueId)).toMatchObject([
      { number: old.number(), ending: 'LEFT', turn: null },
      { number: again.number(), ending: null, turn: 1 },
    ]);
  });

  it('is not admitted by the second while it is inside by the first, even before Redis was told of that', async () => {
    const { queueId, old, again } = await given();
    await shows(queueId, shown(old), () => other.steps.admitNext(queueId));
    expect(await room.steps.admitNext(queueId)).toMatchObject({ admitted: 0 });
    expect(live(await rooms.journal(queueId))).toMatchObject([{ number: again.number() }]);

    await room.steps.tellLine();
    expect(await statuses([old, again])).toEqual(['LEFT', 'ADMITTED']);
    await rooms.spend(room, queueId, again.number());
    await room.steps.tellLine();
    expect((await again.enters()).created).toBe(true);
    expect(await statuses([old])).toEqual(['LEFT']);
  });

  it('is admitted once by the lower, where both stand in line', async () => {
    const { queueId, old, again } = await given();
    await rooms.redis.zadd(rooms.key(queueId, 'waiting:standard'), old.number(), `${old.number()}:${old.hash}`);
    expect(await room.steps.admitNext(queueId)).toMatchObject({ admitted: 1 });
    await room.steps.tellLine();
    expect(await statuses([old, again])).toEqual(['ADMITTED', 'LEFT']);
  });

  it('is told to ask again by a place that got its end while it was put back, and then of that end', async () => {
    const { queueId, old, again } = await given();
    const queue = (await findQueue(rooms.db, queueId))!;
    await line.apply(queueId, [{ ...buildPlace(queue, again.number(), again.hash), admittedUntilMs: Date.now() + 60_000 }]);
    const end = { lane: 'standard', score: old.number(), late: false, told: false, ended_at: new Date(), ending: 'REVOKED' };
    const row = { queue_id: queueId, number: old.number(), member: old.hash, ...end };
    expect(await shows(queueId, shown(old), () => rooms.db('journal').insert(row))).toEqual({ state: 'WAITING' });
    expect(await statuses([old])).toEqual(['REVOKED']);
  });
});

describe('a number that two members have, as two masters gave it out', () => {
  it('lets the one in, and the other take another: it holds nobody up', async () => {
    const queueId = await rooms.queue(room, { cap: 0 });
    const [first, behind] = rooms.members(room, queueId, 2) as [TestMember, TestMember];
    await first.enters();
    const same = rooms.member(room, queueId, newId(), { ...first.payload(), member: 'z'.repeat(22) });
    await rooms.redis.zadd(rooms.key(queueId, 'waiting:standard'), first.number(), `${first.number()}:${'z'.repeat(22)}`);
    await behind.enters();
    await rooms.change(room, queueId, { cap: 3 });
    for (let tick = 0; tick < 3; tick += 1) {
      await room.steps.admitNext(queueId);
      await room.steps.tellLine();
    }
    expect(await statuses([first, same, behind])).toEqual(['ADMITTED', 'INVALID', 'ADMITTED']);
    expect(live(await rooms.journal(queueId)).map(({ member }) => member)).toEqual([first.hash, behind.hash]);
    expect(await rooms.redis.zcard(rooms.key(queueId, 'waiting:standard'))).toBe(0);
    expect(await rooms.redis.zcard(rooms.key(queueId, 'admitted'))).toBe(2);
  });
});
