import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@onsale/shared/testing';
import type { Room } from '../room.ts';
import { journalChecks } from '../journal/journal-checks.ts';
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

const three = (replica: Room, queueId: string) => rooms.members(replica, queueId, 3) as [TestMember, TestMember, TestMember];
const statesOf = (members: readonly TestMember[]) => Promise.all(members.map(async (member) => (await member.checked()).status));
const ticked = async (queueId: string): Promise<void> => {
  for (const replica of [room, other]) for (let i = 0; i < 3; i += 1) await replica.ticker.settled(queueId);
};
/** What a replica that was not told of a change tells of it. */
const told = async (replica: Room, queueId: string) => (await replica.tellSales([{ queueId }, { queueId }]))[0];

describe('a paused sale', () => {
  it('gives out numbers and admits nobody, on every replica; those inside go on; resumed, it admits in order', async () => {
    const queueId = await rooms.queue(room, { cap: 2 });
    const [first, second, third] = three(other, queueId);
    await first.enters();
    await eventually(async () => expect(await statesOf([first])).toEqual(['ADMITTED']));

    const paused = await rooms.steer(room, queueId, 'pause', 'Back in a minute');
    expect(paused).toMatchObject({ state: 'PAUSED', message: 'Back in a minute' });
    expect((await second.enters()).token).toMatchObject({ status: 'WAITING', position: 1 });
    await third.enters();
    await ticked(queueId);
    expect(await statesOf([first, second, third])).toEqual(['ADMITTED', 'WAITING', 'WAITING']);
    await eventually(async () => expect(await told(other, queueId)).toEqual({ queueId, state: 'PAUSED', message: 'Back in a minute' }));
    const waiting = await second.enters();
    expect(waiting).toMatchObject({ created: false, token: { state: 'PAUSED', message: 'Back in a minute' } });
    expect(waiting.token).not.toHaveProperty('etaSeconds');

    expect(await rooms.steer(other, queueId, 'resume', null)).toMatchObject({ state: 'OPEN' });
    await eventually(async () => expect(await statesOf([first, second, third])).toEqual(['ADMITTED', 'ADMITTED', 'WAITING']));
    expect((await third.enters()).token).not.toHaveProperty('message');
  });
});

describe('a sale that is paused again and again while members come', () => {
  it('admits nobody in between, and everybody in the end', async () => {
    const queueId = await rooms.queue(room, { cap: 200 });
    const members = [...rooms.members(room, queueId, 60), ...rooms.members(other, queueId, 60)];
    const entering = Promise.all(members.map((member) => member.enters()));
    for (let again = 0; again < 6; again += 1) {
      await rooms.steer(again % 2 === 0 ? room : other, queueId, 'pause');
      await ticked(queueId);
      await rooms.steer(room, queueId, 'resume');
    }
    await entering;
    await eventually(async () => expect(live(await rooms.journal(queueId))).toHaveLength(120));
    const offenders = await Promise.all(journalChecks.map(async ({ sql }) => ((await rooms.db.raw(sql)) as [unknown[]])[0]));
    expect(offenders.flat()).toEqual([]);
  });
});

describe('a closed sale', () => {
  it('takes nobody any more and tells those in it; who has a place keeps it, and who is inside goes on', async () => {
    const queueId = await rooms.queue(room, { cap: 1 });
    const [inside, waiting, newcomer] = three(other, queueId);
    await inside.enters();
    await eventually(async () => expect(await statesOf([inside])).toEqual(['ADMITTED']));
    await waiting.enters();

    await rooms.steer(room, queueId, 'close', 'Sold out');
    await eventually(async () => {
      const another = rooms.member(other, queueId);
      await expect(another.enters()).rejects.toMatchObject({ code: 'QUEUE_CLOSED', detail: 'Sold out' });
    });
    await expect(newcomer.enters()).rejects.toMatchObject({ code: 'QUEUE_CLOSED' });
    expect(await inside.enters()).toMatchObject({ created: false, token: { status: 'ADMITTED', state: 'CLOSED', message: 'Sold out' } });
    expect(await waiting.enters()).toMatchObject({ created: false, token: { status: 'WAITING', state: 'CLOSED' } });

    await inside.leaves();
    await ticked(queueId);
    expect(await statesOf([inside, waiting])).toEqual(['LEFT', 'WAITING']);
    expect(live(await rooms.journal(queueId))).toEqual([]);
  });

  it('stays closed', async () => {
    const queueId = await rooms.queue(room, { cap: 1 });
    await rooms.steer(room, queueId, 'close');
    for (const action of ['pause', 'resume'] as const)
      await expect(rooms.steer(room, queueId, action)).rejects.toMatchObject({ code: 'QUEUE_ALREADY_CLOSED' });
    expect(await rooms.steer(room, queueId, 'close')).toMatchObject({ state: 'CLOSED' });
  });

  it('queues nobody again whose window is over', async () => {
    const queueId = await rooms.queue(room, { cap: 1, windowSeconds: 1, onExpiry: 'requeue' });
    const member = rooms.member(room, queueId);
    await member.enters();
    await eventually(async () => expect(live(await rooms.journal(queueId))).toHaveLength(1));
    await rooms.steer(room, queueId, 'close');
    await eventually(async () => expect(await statesOf([member])).toEqual(['EXPIRED']));
    await expect(member.enters()).rejects.toMatchObject({ code: 'QUEUE_CLOSED' });
    expect(await rooms.journal(queueId)).toHaveLength(1);
  });
});

describe('steering a sale', () => {
  it('is in the audit once, with what was before and after; asked again it changes nothing', async () => {
    const queueId = await rooms.queue(room, { message: 'Hello' });
    await rooms.steer(room, queueId, 'pause', 'Wait');
    await rooms.steer(room, queueId, 'pause');
    await rooms.steer(room, queueId, 'pause', 'Wait');
    await rooms.steer(room, queueId, 'resume', null);
    const rows = (await rooms.audit(queueId)).slice(1);
    expect(rows.map(({ action }) => action)).toEqual(['queue.pause', 'queue.resume']);
    expect(rows.map((row) => [JSON.parse(row.before_change), JSON.parse(row.after_change)])).toEqual([
      [
        { state: 'OPEN', message: 'Hello' },
        { state: 'PAUSED', message: 'Wait' },
      ],
      [{ state: 'PAUSED', message: 'Wait' }, { state: 'OPEN' }],
    ]);
    await expect(rooms.steer(room, 'nowhere', 'pause')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
