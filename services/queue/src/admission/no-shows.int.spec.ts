import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@onsale/shared/testing';
import type { Room } from '../room.ts';
import { mostLive } from '../testing/journal-checks.ts';
import { NO_REST } from '../queues/rest-store.ts';
import { testRooms, type TestMember, type TestRooms } from '../testing/test-room.ts';

let rooms: TestRooms;
/** Takes its ticks when the test says so. */
let room: Room;
beforeAll(async () => {
  rooms = await testRooms();
  room = await rooms.replica({ ticking: false });
});
afterAll(() => rooms.stop());

const tick = async (queueId: string, replica = room): Promise<void> => {
  await replica.steps.admitNext(queueId);
  await replica.steps.tellLine();
};
const statesOf = (members: readonly TestMember[]) => Promise.all(members.map(async (member) => (await member.checked()).status));

/** Two are inside, of whom nobody has shown a token since; and one waits behind them, who just asked. A watch takes 4.3 s more than that: a second to rest, and a margin. */
const twoInside = async (settings: Parameters<TestRooms['queue']>[1] = {}) => {
  const queueId = await rooms.queue(room, { cap: 2, noShowAfterSeconds: 2, ...settings });
  await rooms.steer(room, queueId, 'pause');
  const members = rooms.members(room, queueId, 3) as [TestMember, TestMember, TestMember];
  for (const member of members) {
    const entering = member.enters();
    await tick(queueId);
    await entering;
  }
  await rooms.steer(room, queueId, 'resume');
  await tick(queueId);
  expect((await rooms.journal(queueId)).map(({ ending }) => ending)).toEqual([null, null]);
  await rooms.redis.zincrby(rooms.key(queueId, 'unseen'), -1, `${members[0].number()}:${members[0].hash}`); // both may have been told in one millisecond
  await members[2].checked();
  await tick(queueId);
  return { queueId, members };
};
const endsOf = async (queueId: string) => (await rooms.journal(queueId)).map(({ ending }) => ending);

describe('an admission whose owner never came', () => {
  it('is ended early and its slot given to the next; who has come once is left alone, however long ago', async () => {
    const { queueId, members } = await twoInside({ noShowAfterSeconds: 60 });
    const [came, , waiting] = members;
    expect(await came.checked()).toMatchObject({ status: 'ADMITTED' });
    await rooms.ageWatch(queueId, 45); // of 64.3
    await tick(queueId);
    expect(await endsOf(queueId)).toEqual([null, null]);

    await rooms.ageWatch(queueId, 20);
    await waiting.checked();
    await tick(queueId);
    expect(await endsOf(queueId)).toEqual([null, 'EXPIRED', null]);
    expect(await statesOf(members)).toEqual(['ADMITTED', 'EXPIRED', 'ADMITTED']);
    await rooms.ageWatch(queueId, 3600);
    const next = rooms.member(room, queueId);
    const entering = next.enters();
    await tick(queueId);
    await entering;
    await tick(queueId);
    expect(await statesOf([...members, next])).toEqual(['ADMITTED', 'EXPIRED', 'ADMITTED', 'WAITING']);
    expect(mostLive(await rooms.journal(queueId))).toBeLessThanOrEqual(2);
  });

  it('is one once a gate has let its owner in, or a heartbeat was heard', async () => {
    const { queueId, members } = await twoInside();
    await members[0].beats();
    await room.checkTokens([members[1].payload()]);
    await rooms.ageWatch(queueId, 3600);
    await members[2].checked();
    await tick(queueId);
    expect(await endsOf(queueId)).toEqual([null, null]);
  });

  it('goes on when nobody waits for its slot, when nothing was set, and when the sale is paused', async () => {
    const { queueId, members } = await twoInside();
    await rooms.ageWatch(queueId, 3600);
    await rooms.steer(room, queueId, 'pause');
    await tick(queueId);
    await rooms.steer(room, queueId, 'resume');
    await rooms.change(room, queueId, { noShowAfterSeconds: null });
    await tick(queueId);
    await rooms.change(room, queueId, { noShowAfterSeconds: 2 });
    await members[2].leaves();
    await tick(queueId);
    expect(await endsOf(queueId)).toEqual([null, null, 'LEFT']);
  });

  it.each([
    ['no tick has looked', 'ticked'],
    ['nobody could ask for a status', 'asked'],
  ])('is watched for anew after a time in which %s', async (_, field) => {
    const { queueId, members } = await twoInside();
    await rooms.ageWatch(queueId, 3600);
    await members[2].checked();
    await rooms.redis.hincrby(rooms.key(queueId, 'watch'), field, -60_000);
    await tick(queueId);
    expect(await endsOf(queueId)).toEqual([null, null]);
    await rooms.ageWatch(queueId, 7);
    await members[2].checked();
    await tick(queueId);
    expect(await endsOf(queueId)).toEqual(['EXPIRED', null, null]);
  });

  it('is left alone when Redis was emptied: who had come is not known any more', async () => {
    const { queueId, members } = await twoInside();
    await rooms.wipe();
    await tick(queueId);
    await members[2].checked();
    await rooms.db('queues').where({ id: queueId }).update(NO_REST);
    await tick(queueId);
    await rooms.ageWatch(queueId, 3600);
    await members[2].checked();
    await tick(queueId);
    expect(await endsOf(queueId)).toEqual([null, null]);
    expect(await statesOf(members)).toEqual(['ADMITTED', 'ADMITTED', 'WAITING']);
  });

  it('is none when the journal told its owner, as Redis was away', async () => {
    const { queueId, members } = await twoInside();
    const cut = await rooms.replica({ ticking: false, withoutRedis: true });
    expect(await cut.checkTokens([members[0].payload()])).toMatchObject([{ status: 'ADMITTED' }]);
    await rooms.ageWatch(queueId, 3600);
    await members[2].checked();
    await tick(queueId); // which asked the journal about the first, and may not about more than wait
    expect(await endsOf(queueId)).toEqual([null, null]);
    await tick(queueId);
    expect(await endsOf(queueId)).toEqual([null, 'EXPIRED', null]);
    expect(await statesOf(members)).toEqual(['ADMITTED', 'EXPIRED', 'ADMITTED']);
    expect(await rooms.redis.smembers(rooms.key(queueId, 'claimed'))).toEqual([]);
  });

  it('is answered by the journal while it may be ending: told of it, the owner keeps it', async () => {
    const { queueId, members } = await twoInside();
    const [late, gone, waiting] = members;
    await rooms.ageWatch(queueId, 3600);
    const claimed = [late, gone].map((member) => `${member.number()}:${member.hash}`);
    await rooms.redis.sadd(rooms.key(queueId, 'claimed'), ...claimed); // a tick that has just claimed them, and died
    expect(await late.checked()).toMatchObject({ status: 'ADMITTED' });
    expect((await rooms.journal(queueId)).map((row) => (row as unknown as { seen: number }).seen)).toEqual([1, 0]);
    await waiting.checked();
    await tick(queueId);
    expect(await statesOf(members)).toEqual(['ADMITTED', 'EXPIRED', 'ADMITTED']);
  });

  it('is ended once by many replicas, and never more than the cap are inside', async () => {
    const queueId = await rooms.queue(room, { cap: 20, noShowAfterSeconds: 2 });
    await rooms.steer(room, queueId, 'pause');
    const members = rooms.members(room, queueId, 50);
    const ticking = [room, await rooms.replica({ ticking: false }), await rooms.replica({ ticking: false })];
    const entering = Promise.all(members.map((member) => member.enters()));
    await eventually(async () => {
      await tick(queueId);
      expect(await rooms.redis.zcard(rooms.key(queueId, 'waiting:standard'))).toBe(50);
    });
    await entering;
    await rooms.steer(room, queueId, 'resume');
    await tick(queueId);
    await statesOf(members.slice(-1));
    await tick(queueId);
    await rooms.ageWatch(queueId, 60);
    await statesOf(members.slice(-1));
    await eventually(async () => {
      await Promise.all(ticking.map((replica) => tick(queueId, replica)));
      expect((await endsOf(queueId)).filter((ending) => ending === 'EXPIRED')).toHaveLength(20);
      expect(await rooms.journal(queueId)).toHaveLength(40);
    });
    expect(mostLive(await rooms.journal(queueId))).toBe(20);
  });
});
