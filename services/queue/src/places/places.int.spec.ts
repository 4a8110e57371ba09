import { setTimeout as rest } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { memberHash } from '@onsale/shared/auth';
import { newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import type { Room } from '../room.ts';
import { inOrderOfTurn } from '../testing/journal-checks.ts';
import { testRooms, type TestMember, type TestRooms } from '../testing/test-room.ts';

let rooms: TestRooms;
let room: Room;
let other: Room;
beforeAll(async () => {
  rooms = await testRooms();
  [room, other] = await Promise.all([rooms.replica(), rooms.replica()]);
});
afterAll(() => rooms.stop());

const waitingIn = (queueId: string): Promise<number> => rooms.redis.zcard(rooms.key(queueId, 'waiting:standard'));

describe('taking a number', () => {
  it('gives one member who asks ten times at once one token', async () => {
    const queueId = await rooms.queue(room, { cap: 0 });
    const id = newId();
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => rooms.member(i % 2 === 0 ? room : other, queueId, id).enters()));

    expect(new Set(answers.map(({ token }) => token.token)).size).toBe(1);
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    expect(await waitingIn(queueId)).toBe(1);
  });

  it('gives ten members ten numbers, in the order in which they came', async () => {
    const queueId = await rooms.queue(room, { cap: 0 });
    const members = rooms.members(room, queueId, 10);
    const answers = [];
    for (const member of members) answers.push(await member.enters());

    const numbers = members.map((member) => member.number());
    expect(new Set(numbers).size).toBe(10);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(answers.map(({ token }) => token.position)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('is refused when the room is full, and not for who is inside already', async () => {
    const queueId = await rooms.queue(room, { cap: 2, capacity: 5 });
    const members = rooms.members(room, queueId, 6);
    for (const member of members.slice(0, 5)) await member.enters();
    await expect(members[5]!.enters()).rejects.toMatchObject({ code: 'QUEUE_FULL', retryAfterSeconds: 1 });
    expect((await members[4]!.enters()).created).toBe(false);

    await members[3]!.leaves();
    expect((await members[5]!.enters()).created).toBe(true);
    expect(await rooms.journal(queueId)).toHaveLength(3);
  });

  it('is refused also when some of those in the room were passed over: they may come back', async () => {
    const queueId = await rooms.queue(room, { cap: 0, capacity: 2, abandonAfterSeconds: 1 });
    const [gone, stays, newcomer] = rooms.members(room, queueId, 3) as [TestMember, TestMember, TestMember];
    await gone.enters();
    await eventually(async () => expect(await rooms.redis.zcard(rooms.key(queueId, 'parked:standard'))).toBe(1));
    await stays.enters();
    await expect(newcomer.enters()).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    await gone.leaves();
    expect(await gone.checked()).toEqual({ status: 'LEFT' });
    expect((await newcomer.enters()).created).toBe(true);
  });

  it('is not refused for ever by those who were passed over, and whose tokens have lived out since', async () => {
    const queueId = await rooms.queue(room, { cap: 0, capacity: 1, abandonAfterSeconds: 1, tokenLifeSeconds: 1800 });
    const [gone, newcomer] = rooms.members(room, queueId, 2) as [TestMember, TestMember];
    await gone.enters();
    await eventually(async () => expect(await rooms.redis.zcard(rooms.key(queueId, 'parked:standard'))).toBe(1));
    await eventually(async () => {
      await rooms.redis.zrem('test:queue:busy', queueId); // as it is 10 s after the last has gone
      await rooms.redis.del(rooms.key(queueId, 'looked'));
      await rest(200);
      expect(await rooms.redis.exists(rooms.key(queueId, 'looked'))).toBe(0); // no tick looks any more
    });
    await rooms.db('queues').where({ id: queueId }).decrement('epoch', 3_600_000);
    await eventually(async () => expect((await newcomer.enters()).created).toBe(true));
  });

  it('keeps to the capacity when many come at once', async () => {
    const queueId = await rooms.queue(room, { cap: 3, capacity: 20 });
    const answers = await Promise.allSettled(
      [...rooms.members(room, queueId, 30), ...rooms.members(other, queueId, 30)].map((m) => m.enters()),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(20);
  });

  it('gives a new number to who has left, behind those who wait', async () => {
    const queueId = await rooms.queue(room, { cap: 0 });
    const [first, second] = rooms.members(room, queueId, 2) as [TestMember, TestMember];
    await first.enters();
    await second.enters();
    const left = first.number();
    await first.leaves();

    expect((await first.enters()).token).toMatchObject({ position: 2 });
    expect(first.number()).toBeGreaterThan(left);
    expect(await rooms.journal(queueId)).toMatchObject([{ number: left, ending: 'LEFT', turn: null }]);
  });

  it('knows no queue that is not there', async () => {
    await expect(rooms.member(room, 'nowhere').enters()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('a place', () => {
  it('is told with position, wait and when to ask again', async () => {
    const queueId = await rooms.queue(room, { cap: 1, windowSeconds: 100, maxPollSeconds: 30 });
    const [inside, next, last] = rooms.members(room, queueId, 3) as [TestMember, TestMember, TestMember];
    for (const member of [inside, next, last]) await member.enters();

    const admitted = await eventually(async () => {
      const seen = await inside.checked();
      expect(seen).toMatchObject({ status: 'ADMITTED' });
      return seen;
    });
    const [row] = await rooms.journal(queueId);
    expect(admitted.admittedUntil).toBe(row!.until!.toISOString());

    const waiting = await last.checked();
    expect(waiting).toMatchObject({ status: 'WAITING', position: 2 });
    expect(waiting.etaSeconds).toBeGreaterThan(0);
    expect(waiting.etaSeconds).toBeLessThanOrEqual(200); // every slot is free again after a window
    expect(waiting.pollAfterMs).toBeGreaterThanOrEqual(1000);
    expect(waiting.pollAfterMs).toBeLessThanOrEqual(39_000);
  });

  it('is told no wait while its line rests after a loss', async () => {
    const queueId = await rooms.queue(room, { cap: 1, windowSeconds: 100 });
    const [inside, next] = rooms.members(room, queueId, 2) as [TestMember, TestMember];
    await inside.enters();
    await next.enters();
    await eventually(async () => expect((await next.checked()).etaSeconds).toBeGreaterThan(0));

    const { db } = rooms;
    await db('queues')
      .where({ id: queueId })
      .update({ rest_watched_at: db.raw('NOW(3)'), rest_until: db.raw('NOW(3) + INTERVAL 1 HOUR') });
    await eventually(async () => expect(await next.checked()).not.toHaveProperty('etaSeconds'));
    expect(await next.checked()).toMatchObject({ status: 'WAITING', position: 1 });
  });

  it('is checked for the gateway many at a time, in the order of the request', async () => {
    const queueIds = [await rooms.queue(room, { cap: 1 }), await rooms.queue(room, { cap: 1 })];
    const members = queueIds.flatMap((queueId) => rooms.members(room, queueId, 2));
    for (const member of members) await member.enters();
    const [a, b, c, d] = members.map((member) => member.payload()) as [
      ReturnType<TestMember['payload']>,
      ...ReturnType<TestMember['payload']>[],
    ];
    for (const inside of [members[0]!, members[2]!]) await eventually(async () => expect((await inside.checked()).status).toBe('ADMITTED'));
    const nowhere = { ...a, queueId: 'nowhere' };
    const oldEpoch = { ...a, epoch: a.epoch - 1 };

    const results = await room.checkTokens([d!, nowhere, a, c!, oldEpoch, b!, a]);
    expect(results.map(({ status }) => status)).toEqual(['WAITING', 'INVALID', 'ADMITTED', 'ADMITTED', 'INVALID', 'WAITING', 'ADMITTED']);
    expect(results[0]).toMatchObject({ position: 1 });
    expect(results[2]!.remainingMs).toBeGreaterThan(500_000);
    expect(results[2]!.remainingMs).toBeLessThanOrEqual(600_000);
  });

  it('of another queue is refused', async () => {
    const [one, two] = [await rooms.queue(room), await rooms.queue(room)];
    const named = { queueId: one, member: { id: newId() }, admission: { queueId: two, number: 1, lane: 'standard' } };
    for (const use of [room.beat, room.leaveQueue]) await expect(use(named)).rejects.toMatchObject({ code: 'QUEUE_WRONG' });
  });

  it('that waits longer than its life is no place any more, and its member may take a new one', async () => {
    const queueId = await rooms.queue(room, { cap: 0, tokenLifeSeconds: 1 });
    const [member] = rooms.members(room, queueId, 1) as [TestMember];
    await member.enters();
    const old = member.number();
    await eventually(async () => expect(await member.checked()).toEqual({ status: 'INVALID' }));
    expect(await waitingIn(queueId)).toBe(0);
    expect((await member.enters()).created).toBe(true);
    expect(member.number()).toBeGreaterThan(old);
  });

  it('that has expired is taken again by showing it, where the queue says so', async () => {
    const queueId = await rooms.queue(room, { cap: 1, onExpiry: 'requeue' });
    const [member, rival] = rooms.members(room, queueId, 2) as [TestMember, TestMember];
    await member.enters();
    const expired = member.number();
    await eventually(async () => expect((await member.checked()).status).toBe('ADMITTED'));
    await rooms
      .db('journal')
      .where({ queue_id: queueId })
      .update({ until: rooms.db.raw('NOW(3)') }); // its window is over
    await eventually(async () => {
      expect((await member.checked()).status).toBe('EXPIRED');
      expect((await waitingIn(queueId)) + (await rooms.journal(queueId)).length).toBe(2);
    });
    await rival.enters();

    const again = await member.enters();
    expect(again.created).toBe(false);
    expect(member.number()).toBeGreaterThan(expired);
    expect(member.number()).toBeLessThan(rival.number());
  });
});

describe('a waiter near the head who is gone', () => {
  it('is passed over, and is next when it comes back', async () => {
    const queueId = await rooms.queue(room, { cap: 0, abandonAfterSeconds: 1 });
    const [gone, present, later] = rooms.members(room, queueId, 3) as [TestMember, TestMember, TestMember];
    for (const member of [gone, present, later]) await member.enters();
    await eventually(async () => {
      await Promise.all([present.beats(), later.checked()]);
      expect(await rooms.redis.zrange(rooms.key(queueId, 'parked:standard'), 0, '-1')).toEqual([`${gone.number()}:${memberHash(gone.id)}`]);
    });

    await rooms.change(room, queueId, { cap: 1, abandonAfterSeconds: 120 });
    await eventually(async () => expect((await present.checked()).status).toBe('ADMITTED'));
    expect(await gone.checked()).toMatchObject({ status: 'WAITING', position: 1 });
    await rooms.change(room, queueId, { cap: 3 });
    await eventually(async () => expect((await later.checked()).status).toBe('ADMITTED'));

    const rows = await rooms.journal(queueId);
    expect(inOrderOfTurn(rows)).toEqual([present, gone, later].map((member) => member.number()));
    expect(rows.map(({ late }) => late)).toEqual([1, 0, 0]);
  });
});
