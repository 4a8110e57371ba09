import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@onsale/shared/testing';
import { findQueue } from '../queues/queue-store.ts';
import type { QueueSettings } from '../queues/queue.ts';
import type { Room } from '../room.ts';
import { testRooms, type TestMember, type TestRooms } from '../testing/test-room.ts';
import { grantLane } from './grant-lane.ts';
import { hashOfCode } from './invitation-code.ts';
import { purgeInvitations } from './purge-invitations.ts';

let rooms: TestRooms;
let room: Room;
beforeAll(async () => {
  rooms = await testRooms();
  room = await rooms.replica();
});
afterAll(() => rooms.stop());

const given = async (settings: Partial<QueueSettings> = {}): Promise<{ queueId: string; member: TestMember; code: string }> => {
  const queueId = await rooms.queue(room, { cap: 0, lanes: [{ name: 'vip', weight: 3 }], ...settings });
  const [code] = await rooms.invites(room, queueId, 'vip');
  return { queueId, member: rooms.member(room, queueId), code: code! };
};
const opens = (queueId: string) => rooms.change(room, queueId, { cap: 10 });
const INVALID = { code: 'INVITATION_INVALID' };
const waitingIn = async (queueId: string): Promise<Record<string, number>> => {
  const keys = ['standard', 'vip'].map((lane) => rooms.redis.zcard(rooms.key(queueId, `waiting:${lane}`)));
  const [standard, vip] = await Promise.all(keys);
  return { standard: standard!, vip: vip! };
};

describe('a lane', () => {
  it('is open to members who were granted it, and to nobody else', async () => {
    const { queueId, member } = await given();
    await expect(member.enters({ lane: 'vip' })).rejects.toMatchObject({ code: 'LANE_NOT_GRANTED' });
    await expect(member.enters({ lane: 'vip', lanes: ['gold'] })).rejects.toMatchObject({ code: 'LANE_NOT_GRANTED' });
    await expect(member.enters({ lane: 'gold', lanes: ['gold'] })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      errors: [{ pointer: '/body/lane' }],
    });
    expect(await waitingIn(queueId)).toEqual({ standard: 0, vip: 0 });

    expect((await member.enters({ lane: 'vip', lanes: ['vip'] })).token).toMatchObject({ lane: 'vip', position: 1 });
    expect((await rooms.member(room, queueId).enters({ lanes: ['vip'] })).token).toMatchObject({ lane: 'standard', position: 1 });
    expect((await rooms.member(room, queueId).enters({ lane: 'standard' })).token).toMatchObject({ lane: 'standard', position: 2 });
  });

  it('takes over who waits in the standard one, with its number and its one place', async () => {
    const { queueId, member } = await given();
    await member.enters();
    const number = member.number();
    const before = rooms.member(room, queueId, member.id, member.payload());
    const later = rooms.member(room, queueId);
    await later.enters({ lane: 'vip', lanes: ['vip'] });

    const moved = await member.enters({ lane: 'vip', lanes: ['vip'] });
    expect(moved).toMatchObject({ created: false, token: { number, lane: 'vip', position: 1 } });
    expect(await before.checked()).toMatchObject({ status: 'WAITING', position: 1 });
    expect(await later.checked()).toMatchObject({ position: 2 });
    expect(await waitingIn(queueId)).toEqual({ standard: 0, vip: 2 });

    await before.leaves();
    expect(await waitingIn(queueId)).toEqual({ standard: 0, vip: 1 });
    expect((await member.checked()).status).toBe('LEFT');
  });
});

describe('an invitation', () => {
  it('gives one of ten members who show it at once one place, and that member the same one again', async () => {
    const { queueId, code } = await given();
    const members = rooms.members(room, queueId, 10);
    const answers = await Promise.allSettled(members.map((member) => member.enters({ invitation: code })));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers) if (answer.status === 'rejected') expect(answer.reason).toMatchObject(INVALID);
    expect(await waitingIn(queueId)).toEqual({ standard: 0, vip: 1 });

    const winner = members[answers.findIndex(({ status }) => status === 'fulfilled')]!;
    const { token } = await winner.enters();
    expect(await winner.enters({ invitation: code, lane: 'vip' })).toMatchObject({ created: false, token: { token: token.token } });
  });

  it('is worth nothing once its place has ended, however that was', async () => {
    for (const ends of [
      (member: TestMember) => member.leaves(),
      (member: TestMember, queueId: string) => rooms.spend(room, queueId, member.number()),
    ]) {
      const { queueId, member, code } = await given();
      await member.enters({ invitation: code });
      await opens(queueId);
      await eventually(async () => expect((await member.checked()).status).toBe('ADMITTED'));
      await ends(member, queueId);
      await eventually(async () => expect((await member.checked()).status).not.toBe('ADMITTED'));
      await expect(member.enters({ invitation: code })).rejects.toMatchObject(INVALID);
      expect((await member.enters()).token.lane).toBe('standard');
    }
  });

  it('is for its own queue and lane, as long as that is there', async () => {
    const [one, other] = [await given(), await given()];
    await expect(one.member.enters({ invitation: other.code })).rejects.toMatchObject(INVALID);
    await expect(one.member.enters({ invitation: 'x'.repeat(22) })).rejects.toMatchObject(INVALID);
    await expect(one.member.enters({ invitation: one.code, lane: 'standard' })).rejects.toMatchObject(INVALID);
    await rooms.change(room, one.queueId, { lanes: [] });
    await expect(one.member.enters({ invitation: one.code })).rejects.toMatchObject(INVALID);
    await rooms.change(room, one.queueId, { lanes: [{ name: 'vip', weight: 1 }] });
    expect((await one.member.enters({ invitation: one.code })).token.lane).toBe('vip');
  });

  it('is kept by a member whom it does not help: inside already, in the lane by another one, or by a claim', async () => {
    const { queueId, member, code } = await given({ cap: 1 });
    const second = (await rooms.invites(room, queueId, 'vip'))[0]!;
    await eventually(async () => expect((await member.enters()).token.status).toBe('ADMITTED'));
    expect((await member.enters({ invitation: code })).token).toMatchObject({ lane: 'standard', status: 'ADMITTED' });
    await rooms.change(room, queueId, { cap: 0 });
    await member.leaves();

    const first = (await member.enters({ invitation: code })).token;
    expect(first.lane).toBe('vip');
    expect((await member.enters({ invitation: second })).token.number).toBe(first.number);
    await member.leaves();
    expect((await member.enters({ invitation: second })).token.lane).toBe('vip');

    const third = (await rooms.invites(room, queueId, 'vip'))[0]!;
    const [granted, other] = rooms.members(room, queueId, 2) as [TestMember, TestMember];
    expect((await granted.enters({ invitation: third, lanes: ['vip'] })).token.lane).toBe('vip');
    expect((await other.enters({ invitation: third })).token.lane).toBe('vip');
  });

  it('whose use died before the place was taken is that member’s, and is used by trying again', async () => {
    const { queueId, member, code } = await given();
    const queue = (await findQueue(rooms.db, queueId))!;
    await grantLane({ db: rooms.db, look: never }).claim(queue, { member, invitation: code });

    await expect(rooms.member(room, queueId).enters({ invitation: code })).rejects.toMatchObject(INVALID);
    expect((await member.enters({ invitation: code })).token.lane).toBe('vip');
    expect(await waitingIn(queueId)).toEqual({ standard: 0, vip: 1 });
  });

  it('whose use died before it was settled gives the place that it gave, and not a second one after it', async () => {
    const { queueId, member, code } = await given();
    const unsettled = () => rooms.db('invitations').where({ queue_id: queueId }).update({ number: null });
    const { token } = await member.enters({ invitation: code });
    await unsettled();
    expect(await member.enters({ invitation: code })).toMatchObject({ created: false, token: { number: token.number } });

    await unsettled();
    await opens(queueId);
    await eventually(async () => expect((await member.checked()).status).toBe('ADMITTED'));
    await member.leaves();
    await expect(member.enters({ invitation: code })).rejects.toMatchObject(INVALID);
  });

  it('shown twice at once, while the first place ends, does not give a second', async () => {
    const { queueId, member, code } = await given();
    const queue = (await findQueue(rooms.db, queueId))!;
    const grants = grantLane({ db: rooms.db, look: never });
    const slow = await grants.claim(queue, { member, invitation: code });
    await member.enters({ invitation: code });
    const { number } = member.payload();
    expect(await grants.settle(slow, { number: number + 1, lane: 'vip' })).toBe(false);
    expect(await grants.settle(slow, { number, lane: 'vip' })).toBe(true);
  });

  it('gives its place again when Redis has lost it, before any token was shown', async () => {
    const { queueId, member, code } = await given();
    const { token } = await member.enters({ invitation: code });
    await rooms.wipe();
    const again = rooms.member(room, queueId, member.id);
    expect((await again.enters({ invitation: code })).token).toMatchObject({ number: token.number, lane: 'vip', position: 1 });
    expect(await waitingIn(queueId)).toEqual({ standard: 0, vip: 1 });
  });

  it('is shown once: neither the table nor the audit knows a code', async () => {
    const { queueId, code } = await given();
    const rows = [await rooms.db('invitations').where({ queue_id: queueId }), await rooms.db('audit').where({ subject: queueId })];
    expect(rows.map((found) => found.length)).toEqual([1, 2]);
    expect(JSON.stringify(rows)).not.toContain(code);
    expect(Buffer.concat(rows[0]!.map((row: { code: Buffer }) => row.code)).toString('latin1')).not.toContain(code);
  });

  it('is made for a lane of the queue that takes a grant', async () => {
    const { queueId } = await given();
    for (const lane of ['standard', 'gold'])
      await expect(rooms.invites(room, queueId, lane)).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
        errors: [{ pointer: '/body/lane' }],
      });
    await expect(rooms.invites(room, 'nowhere', 'vip')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('the purge of invitations', () => {
  it('forgets those whose places are forgotten, and neither unused ones nor one whose place is remembered', async () => {
    const { queueId, member, code } = await given({ cap: 10 });
    const codes = (await rooms.invites(room, queueId, 'vip')).concat(
      await rooms.invites(room, queueId, 'vip'),
      await rooms.invites(room, queueId, 'vip'),
    );
    const [remembered, claimed, unused] = codes;
    const other = rooms.member(room, queueId);
    await member.enters({ invitation: code });
    await other.enters({ invitation: remembered! });
    for (const one of [member, other]) await eventually(async () => expect((await one.checked()).status).toBe('ADMITTED'));
    const ours = () => rooms.db('invitations').where({ queue_id: queueId });
    await ours()
      .where({ code: hashOfCode(claimed!) })
      .update({ member: 'somebody', claimed_at: rooms.db.raw('NOW(3)') });
    await ours()
      .whereNotNull('claimed_at')
      .update({ claimed_at: rooms.db.raw('NOW(3) - INTERVAL 31 DAY') });
    await rooms.db('journal').where({ queue_id: queueId, number: member.number() }).delete();

    const purge = purgeInvitations({ db: rooms.db, days: 30 });
    expect(await purgeInvitations({ db: rooms.db, days: 32 })()).toBe(0);
    expect(await purge()).toBe(1);
    const left = (await ours().pluck('code')) as Buffer[];
    expect(left.map((hash) => hash.toString('hex')).toSorted()).toEqual(
      [remembered, claimed, unused].map((kept) => hashOfCode(kept!).toString('hex')).toSorted(),
    );
    await expect(rooms.member(room, queueId).enters({ invitation: code })).rejects.toMatchObject(INVALID);
  });
});

/** Of a step that has nothing to look at. */
const never = () => Promise.reject(new Error('nobody is looked at'));
