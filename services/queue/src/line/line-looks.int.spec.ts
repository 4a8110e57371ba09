import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { confirmLooks } from '@onsale/shared/invariants';
import { eventually } from '@onsale/shared/testing';
import type { Room } from '../room.ts';
import { testRooms, type TestMember, type TestRooms } from '../testing/test-room.ts';
import { lineLooks } from './line-looks.ts';

let rooms: TestRooms;
let room: Room;
let queueId: string;
let inside: TestMember;
let waiting: TestMember;
/** One is inside, one waits, and Redis has been told. */
beforeEach(async () => {
  rooms = await testRooms();
  room = await rooms.replica();
  queueId = await rooms.queue(room, { cap: 1 });
  [inside, waiting] = rooms.members(room, queueId, 2) as [TestMember, TestMember];
  await inside.enters();
  await waiting.enters();
  await eventually(async () => expect((await rooms.journal(queueId)).map(({ told }) => told)).toEqual([1]));
});
afterEach(() => rooms.stop());

const broken = async (): Promise<[string, string[]][]> => {
  const findings = await confirmLooks(lineLooks({ db: rooms.db, redis: rooms.redis, namespace: 'test' }), { patienceMs: 100 });
  return findings.filter(({ violations }) => violations > 0).map(({ says, offenders }) => [says, [...offenders]]);
};
const key = (suffix: string): string => rooms.key(queueId, suffix);
const place = ({ hash, number }: TestMember): string => `${number()}:${hash}`;

describe('the line, beside the journal,', () => {
  it('agrees with it while a member is inside, waits, and has left', async () => {
    expect(await broken()).toEqual([]);
    await inside.leaves();
    expect(await broken()).toEqual([]);
  });

  it('is told apart when it admits somebody whom the journal does not', async () => {
    await rooms.redis.zadd(key('admitted'), 1, '5:somebody');
    expect(await broken()).toEqual([['Redis admits nobody whom the journal does not', [`${queueId} number 5`]]]);
  });

  it('is told apart when it has forgotten one who is inside', async () => {
    await rooms.redis.zrem(key('admitted'), place(inside));
    expect(await broken()).toEqual([['Redis admits everybody whom it was told of', [`${queueId} number ${inside.number()}`]]]);
  });

  it('is told apart when a number that has ended is in it again', async () => {
    await rooms.change(room, queueId, { cap: 0 }); // or a tick would find it at the head, and put it right
    await inside.leaves();
    await eventually(async () => expect(await rooms.journal(queueId)).toMatchObject([{ ending: 'LEFT', told: 1 }]));
    await rooms.redis.zadd(key('parked:standard'), inside.number(), place(inside));
    expect(await broken()).toEqual([['no number that has ended is in line again', [`${queueId} number ${inside.number()}`]]]);
  });

  it('is told apart when a member stands in it twice', async () => {
    const other = waiting.number() + 1;
    await rooms.redis.zadd(key('parked:standard'), other, `${other}:${waiting.hash}`);
    expect(await broken()).toEqual([['a member has one place in a line', [`${queueId} numbers ${waiting.number()} and ${other}`]]]);
  });

  it('says nothing while it has lost writes', async () => {
    await room.ticker.part.stop(); // it would put the line together again
    await rooms.redis.set(key('marker'), 'another run');
    await rooms.redis.del(key('admitted'));
    expect(await broken()).toEqual([]);
  });
});
