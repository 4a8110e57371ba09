import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@onsale/shared/testing';
import type { Room } from '../room.ts';
import { live } from '../testing/journal-checks.ts';
import { testRooms, type TestMember, type TestRooms } from '../testing/test-room.ts';

let rooms: TestRooms;
let room: Room;
let other: Room;
beforeAll(async () => {
  rooms = await testRooms();
  [room, other] = await Promise.all([rooms.replica(), rooms.replica()]);
});
afterAll(() => rooms.stop());

const three = (queueId: string) => rooms.members(room, queueId, 3) as [TestMember, TestMember, TestMember];
const statesOf = (members: readonly TestMember[]) => Promise.all(members.map(async (member) => (await member.checked()).status));
/** One inside, and two behind it. */
const oneInside = async () => {
  const queueId = await rooms.queue(room, { cap: 1 });
  const members = three(queueId);
  for (const member of members) await member.enters();
  await eventually(async () => expect(await statesOf(members)).toEqual(['ADMITTED', 'WAITING', 'WAITING']));
  return { queueId, members };
};
const endsOf = async (queueId: string) => (await rooms.journal(queueId)).map(({ ending }) => ending);
const auditOf = async (queueId: string) =>
  (await rooms.audit(queueId)).slice(1).map((row) => [row.action, JSON.parse(row.before_change), JSON.parse(row.after_change)]);

describe('a revoked number', () => {
  it('loses its admission at once, to the next in line', async () => {
    const { queueId, members } = await oneInside();
    const [first, second, third] = members;
    expect(await rooms.revoke(other, queueId, first.number())).toMatchObject({ number: first.number(), status: 'REVOKED' });
    expect(await first.checked()).toEqual({ status: 'REVOKED' });
    await eventually(async () => expect(await statesOf([first, second, third])).toEqual(['REVOKED', 'ADMITTED', 'WAITING']));
    expect(await auditOf(queueId)).toEqual([
      ['queue.revoke', { number: first.number(), status: 'ADMITTED' }, { number: first.number(), status: 'REVOKED' }],
    ]);
  });

  it('leaves the line, be it waiting or passed over, and stays so when Redis is emptied', async () => {
    const queueId = await rooms.queue(room, { cap: 0, abandonAfterSeconds: 3600 });
    const [gone, waiting, stays] = three(queueId);
    for (const member of [gone, waiting, stays]) await member.enters();
    const place = `${gone.number()}:${gone.hash}`;
    await rooms.redis.zrem(rooms.key(queueId, 'waiting:standard'), place);
    await rooms.redis.zadd(rooms.key(queueId, 'parked:standard'), gone.number(), place);

    for (const member of [gone, waiting]) expect(await rooms.revoke(room, queueId, member.number())).toMatchObject({ status: 'REVOKED' });
    expect(await statesOf([gone, waiting, stays])).toEqual(['REVOKED', 'REVOKED', 'WAITING']);
    expect(await rooms.redis.zcard(rooms.key(queueId, 'parked:standard'))).toBe(0);
    expect((await stays.checked()).position).toBe(1);

    await rooms.wipe();
    await eventually(async () => expect(await statesOf([gone, waiting, stays])).toEqual(['REVOKED', 'REVOKED', 'WAITING']));
    expect(await endsOf(queueId)).toEqual(['REVOKED', 'REVOKED']);
  });

  it('is one also when nobody has shown it since Redis was emptied, or Redis cannot tell whose it is', async () => {
    const queueId = await rooms.queue(room, { cap: 0 });
    const [lost, waiting, stays] = three(queueId);
    for (const member of [lost, waiting, stays]) await member.enters();
    const cut = await rooms.replica({ ticking: false, withoutRedis: true });
    expect(await rooms.revoke(cut, queueId, waiting.number())).toMatchObject({ status: 'REVOKED' });
    await eventually(async () => expect(await statesOf([waiting, stays])).toEqual(['REVOKED', 'WAITING']));

    await rooms.wipe();
    expect(await rooms.revoke(room, queueId, lost.number())).toMatchObject({ status: 'REVOKED' });
    await eventually(async () => expect(await statesOf([lost, waiting, stays])).toEqual(['REVOKED', 'REVOKED', 'WAITING']));
  });

  it('is told to Redis with all that the queue has to tell, though it was never given out', async () => {
    const { queueId, members } = await oneInside();
    const [first, second] = members;
    await rooms.revoke(room, queueId, first.number() - 1);
    await rooms.spend(room, queueId, first.number());
    await eventually(async () => expect(await statesOf([first, second])).toEqual(['COMPLETED', 'ADMITTED']));
    await eventually(async () => expect((await rooms.journal(queueId)).map(({ told }) => told)).toEqual([1, 1, 1]));
  });

  it('is found in a draw too, where its score tells nothing', async () => {
    const queueId = await rooms.queue(room, { cap: 1, opensAt: new Date(Date.now() + 3_600_000).toISOString() });
    const members = three(queueId);
    for (const member of members) await member.enters();
    const [drawn] = members;
    expect(await rooms.revoke(room, queueId, drawn.number())).toMatchObject({ status: 'REVOKED' });
    expect(await statesOf(members)).toEqual(['REVOKED', 'PREQUEUE', 'PREQUEUE']);
    expect(await rooms.redis.zcard(rooms.key(queueId, 'waiting:standard'))).toBe(2);
    expect(await rooms.journal(queueId)).toMatchObject([{ member: drawn.hash, ending: 'REVOKED' }]);
    await rooms.wipe();
    await eventually(async () => expect(await statesOf(members)).toEqual(['REVOKED', 'PREQUEUE', 'PREQUEUE']));
  });

  it('is refused when it was not given out yet, and is left alone when it has ended', async () => {
    const { queueId, members } = await oneInside();
    const [first] = members;
    await first.leaves();
    expect(await rooms.revoke(room, queueId, first.number())).toMatchObject({ status: 'LEFT', endedAt: expect.any(String) });
    await expect(rooms.revoke(room, queueId, first.number() + 3_600_000_000)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(rooms.revoke(room, 'nowhere', 1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await auditOf(queueId)).toEqual([]);
    expect((await endsOf(queueId)).filter((ending) => ending === 'REVOKED')).toEqual([]);
  });

  it('at the head of the line, from a row that does not know whose it is, holds nobody up', async () => {
    const queueId = await rooms.queue(room, { cap: 0 });
    const members = three(queueId);
    for (const member of members) await member.enters();
    const untold = { queue_id: queueId, number: members[0].number(), score: members[0].number(), member: '', lane: 'standard' };
    await rooms.db('journal').insert({ ...untold, late: false, ended_at: new Date(), ending: 'REVOKED', told: true });
    await rooms.change(room, queueId, { cap: 1 });
    await eventually(async () => expect(await statesOf(members)).toEqual(['REVOKED', 'ADMITTED', 'WAITING']));
  });
});

describe('a completion that a shop tells', () => {
  it('ends the admission once, however often it is told, and gives the slot on', async () => {
    const { queueId, members } = await oneInside();
    const [first, second] = members;
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, i) => rooms.complete(i % 2 === 0 ? room : other, queueId, first.number())),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 'COMPLETED', admittedAt: expect.any(String), endedAt: expect.any(String) });
    await eventually(async () => expect(await statesOf([first, second])).toEqual(['COMPLETED', 'ADMITTED']));
    expect(live(await rooms.journal(queueId))).toHaveLength(1);
    expect(await auditOf(queueId)).toHaveLength(1);
  });

  it('changes nothing about a number that has ended, and is refused for one that was never admitted', async () => {
    const { queueId, members } = await oneInside();
    const [first, second, third] = members;
    await rooms.revoke(room, queueId, first.number());
    expect(await rooms.complete(room, queueId, first.number())).toMatchObject({ status: 'REVOKED' });
    await eventually(async () => expect((await second.checked()).status).toBe('ADMITTED'));
    await expect(rooms.complete(room, queueId, third.number())).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await third.leaves();
    expect(await rooms.complete(room, queueId, third.number())).toMatchObject({ status: 'LEFT' });
    expect(await endsOf(queueId)).toEqual(['REVOKED', null, 'LEFT']);
  });
});
