import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase } from '@onsale/shared/db';
import { eventually } from '@onsale/shared/testing';
import { NO_REST } from '../queues/rest-store.ts';
import type { Room } from '../room.ts';
import { inOrderOfTurn, live, mostLive } from '../testing/journal-checks.ts';
import { testRooms, type TestMember, type TestRooms } from '../testing/test-room.ts';

let rooms: TestRooms;
let room: Room;
beforeAll(async () => {
  rooms = await testRooms();
  room = await rooms.replica();
  await rooms.replica();
});
afterAll(() => rooms.stop());

/** `rest_until` is 1.3 of the longest poll (1 s) and 5 s after the loss. */
const REST_MS = 6300;
const states = (members: readonly TestMember[]) => Promise.all(members.map(async (member) => (await member.checked()).status));
const numbers = (members: readonly TestMember[]) => members.map((member) => member.number());

const given = async ({ cap, count }: { cap: number; count: number }) => {
  const queueId = await rooms.queue(room, { cap });
  const members = rooms.members(room, queueId, count);
  for (const member of members) await member.enters();
  await eventually(async () => expect(await states(members.slice(0, cap))).toEqual(Array.from({ length: cap }, () => 'ADMITTED')));
  return { queueId, members };
};
const restedUntil = async (queueId: string): Promise<Date | null> =>
  (await rooms.db('queues').where({ id: queueId }).first<{ rest_until: Date | null }>('rest_until')).rest_until;

describe('a line that Redis has lost', () => {
  it('comes back in order from the tokens of those in it; ends stay, the cap holds, and nobody is admitted before all had time to return', async () => {
    const { queueId, members } = await given({ cap: 5, count: 20 });
    const inside = members.slice(0, 5);
    const waiting = members.slice(5);
    await waiting[0]!.leaves();
    await rooms.change(room, queueId, { cap: 4 });
    await rooms.spend(room, queueId, inside[0]!.number());
    await eventually(async () => expect((await inside[0]!.checked()).status).toBe('COMPLETED'));
    const before = Date.now();
    await rooms.wipe();

    const returned = await states(members.toReversed()); // the last in line asks first
    expect(returned.toReversed()).toEqual([
      'COMPLETED',
      ...inside.slice(1).map(() => 'ADMITTED'),
      'LEFT',
      ...waiting.slice(1).map(() => 'WAITING'),
    ]);
    const newcomer = rooms.member(room, queueId);
    await newcomer.enters();
    expect(newcomer.number()).toBeGreaterThan(Math.max(...numbers(members)));
    const positions = await Promise.all([...waiting.slice(1), newcomer].map(async (member) => (await member.checked()).position));
    expect(positions).toEqual(positions.map((_, i) => i + 1));

    await inside[1]!.leaves();
    await rooms.change(room, queueId, { cap: 10 });
    await eventually(async () => expect(live(await rooms.journal(queueId))).toHaveLength(10));

    const rows = await rooms.journal(queueId);
    const rest = await restedUntil(queueId);
    expect(rest!.getTime()).toBeGreaterThan(before + REST_MS - 500);
    const after = rows.filter(({ turn }) => turn !== null && turn > 5);
    expect(Math.min(...after.map(({ admitted_at }) => admitted_at!.getTime()))).toBeGreaterThanOrEqual(rest!.getTime());
    expect(inOrderOfTurn(rows)).toEqual([...numbers(inside), ...numbers(waiting.slice(1, 8))]);
    expect(rows.filter(({ late }) => late === 1)).toEqual([]);
    expect(mostLive(rows)).toBeLessThanOrEqual(10);
    expect(await states([inside[0]!, waiting[0]!])).toEqual(['COMPLETED', 'LEFT']);
  });

  it('gives a member who took a new number meanwhile the lower one, and one place alone', async () => {
    const { queueId, members } = await given({ cap: 0, count: 3 });
    await rooms.wipe();
    const old = members[0]!;
    const again = rooms.member(room, queueId, old.id);
    expect((await again.enters()).created).toBe(true);
    expect(again.number()).toBeGreaterThan(old.number());

    expect((await old.checked()).status).toBe('WAITING');
    expect(await again.checked()).toMatchObject({ status: 'LEFT' });
    expect((await old.enters()).token).toMatchObject({ number: old.number(), position: 1 });
    expect(await rooms.redis.zcard(rooms.key(queueId, 'waiting:standard'))).toBe(1);
  });

  it('rests anew when nobody could look for a while in its rest, so that who comes back still goes before newcomers', async () => {
    const { queueId, members } = await given({ cap: 0, count: 1 });
    await rooms.wipe();
    const newcomer = rooms.member(room, queueId);
    await newcomer.enters();
    await rooms.db('queues').where({ id: queueId }).update({ longest_poll_ms: 3_600_000 });
    const ago = (seconds: number) => rooms.db.raw('NOW(3) - INTERVAL ? SECOND', [seconds]);
    await rooms
      .db('queues')
      .where({ id: queueId })
      .update({ rest_until: ago(1), rest_watched_at: ago(60) }); // as MySQL comes back
    await rooms.change(room, queueId, { cap: 2 });
    for (let n = 0; n < 2; n += 1) await room.ticker.settled(queueId);
    expect(await rooms.journal(queueId)).toEqual([]);
    expect((await restedUntil(queueId))!.getTime()).toBeGreaterThan(Date.now() + 3_000_000);

    expect(await states(members)).toEqual(['WAITING']);
    await rooms.db('queues').where({ id: queueId }).update(NO_REST);
    await eventually(async () => expect(inOrderOfTurn(await rooms.journal(queueId))).toEqual([members[0]!.number(), newcomer.number()]));
  });

  it('gives a member whose place was shown first the same number, and one whose place is over a new one', async () => {
    const still = await rooms.replica({ ticking: false });
    const { queueId, members } = await given({ cap: 0, count: 3 });
    const [waiting, left] = members.slice(1) as [TestMember, TestMember];
    await left.leaves();
    await rooms.wipe();
    for (const member of [waiting, left]) {
      const reloaded = rooms.member(still, queueId, member.id, member.payload());
      await reloaded.checked();
      expect((await reloaded.enters()).created).toBe(member === left);
      expect(reloaded.number() === member.number()).toBe(member === waiting);
    }
  });

  it('does not let a place in past which its member has been admitted, while that one is inside nor after it', async () => {
    const { queueId, members } = await given({ cap: 0, count: 2 });
    await rooms.wipe();
    const again = members.map((member) => rooms.member(room, queueId, member.id));
    for (const member of again) await member.enters();
    await rooms.change(room, queueId, { cap: 2 });
    await eventually(async () => expect(await states(again)).toEqual(['ADMITTED', 'ADMITTED']));

    await rooms.spend(room, queueId, again[1]!.number());
    await eventually(async () => expect(await states(again)).toEqual(['ADMITTED', 'COMPLETED']));
    expect(await states(members)).toEqual(['LEFT', 'LEFT']);
    await rooms.wipe();
    expect(await states([...members, ...again])).toEqual(['LEFT', 'LEFT', 'ADMITTED', 'COMPLETED']);
  });

  it('is noticed after a restart with older data: what has ended since is over, whatever that Redis says', async () => {
    const { queueId, members } = await given({ cap: 2, count: 4 });
    const [spent, , waiting] = members as [TestMember, TestMember, TestMember, TestMember];
    await rooms.spend(room, queueId, spent.number());
    await eventually(async () => expect((await waiting.checked()).status).toBe('ADMITTED'));

    const place = (member: TestMember) => `${member.number()}:${member.hash}`;
    const run = (await rooms.redis.get(rooms.key(queueId, 'marker')))!;
    await rooms.redis
      .multi()
      .set(rooms.key(queueId, 'marker'), run.replace(/^\w+/, 'f'.repeat(40)))
      .zadd(rooms.key(queueId, 'admitted'), Date.now() + 600_000, place(spent))
      .zrem(rooms.key(queueId, 'admitted'), place(waiting))
      .zadd(rooms.key(queueId, 'waiting:standard'), waiting.number(), place(waiting))
      .exec();
    expect(await states(members)).toEqual(['COMPLETED', 'ADMITTED', 'ADMITTED', 'WAITING']);

    await eventually(async () => expect(await rooms.redis.get(rooms.key(queueId, 'marker'))).toMatch(/^(?!f{40})\w{40}:2$/));
    expect(await states(members)).toEqual(['COMPLETED', 'ADMITTED', 'ADMITTED', 'WAITING']);
    expect(await rooms.redis.zcard(rooms.key(queueId, 'admitted'))).toBe(2);
  });

  it('is told of those ends alone whose tokens may be alive, where somebody is still in it', async () => {
    const still = await rooms.replica({ ticking: false });
    const queueId = await rooms.queue(still, { cap: 0, tokenLifeSeconds: 86_400 });
    await rooms.db('queues').where({ id: queueId }).decrement('epoch', 172_800_000);
    await rooms.member(still, queueId).enters();
    const end = {
      queue_id: queueId,
      member: 'm'.repeat(22),
      lane: 'standard',
      score: 1,
      late: false,
      told: true,
      ended_at: new Date(),
      ending: 'LEFT',
    };
    const lately = 169_200_000_000;
    await rooms.db('journal').insert([
      { ...end, number: 1 },
      { ...end, number: lately },
    ]);
    await still.steps.restoreLine(queueId, 1);
    const keys = await rooms.redis.keys(rooms.key(queueId, 'ended:*'));
    expect((await Promise.all(keys.map((key) => rooms.redis.hkeys(key)))).flat()).toEqual([String(lately)]);
  });

  it('goes on with numbers above all that were given out, even where they had run ahead of the clock', async () => {
    const { queueId, members } = await given({ cap: 1, count: 2 });
    const ahead = members[1]!.number() + 3_600_000_000;
    await rooms.redis.set(rooms.key(queueId, 'last'), String(ahead));
    const far = rooms.member(room, queueId);
    await far.enters();
    expect(far.number()).toBe(ahead + 1);
    await eventually(async () => {
      const row = await rooms.db('queues').where({ id: queueId }).first<{ last_number: number }>('last_number');
      expect(row.last_number).toBeGreaterThanOrEqual(ahead);
    });
    await rooms.wipe();
    const next = rooms.member(room, queueId);
    await next.enters();
    expect(next.number()).toBeGreaterThan(far.number());
  });
});

describe('without Redis', () => {
  it('the journal answers: those inside go on, the ended have ended, nobody new comes in', async () => {
    const { queueId, members } = await given({ cap: 2, count: 3 });
    await rooms.spend(room, queueId, members[0]!.number());
    await rooms.change(room, queueId, { cap: 1 });
    const cut = await rooms.replica({ withoutRedis: true });
    const there = members.map((member) => rooms.member(cut, queueId, member.id));

    const payloads = members.map((member) => member.payload());
    const results = await cut.checkTokens(payloads);
    expect(results).toMatchObject([{ status: 'COMPLETED' }, { status: 'ADMITTED' }, { status: 'WAITING' }]);
    expect(results[1]!.remainingMs).toBeGreaterThan(0);
    expect(results[2]).not.toHaveProperty('position');
    await expect(there[2]!.enters()).rejects.toThrow();
    await rooms.spend(cut, queueId, members[1]!.number());
    await eventually(async () => expect((await members[2]!.checked()).status).toBe('ADMITTED'));
  });
});

describe('without MySQL', () => {
  it('the line stands: places are told, numbers are given, those inside go on', async () => {
    const db = createDatabase({ url: rooms.databaseUrl });
    const cut = await rooms.replica({ db });
    const queueId = await rooms.queue(cut, { cap: 1 });
    const [inside, waiting, newcomer] = rooms.members(cut, queueId, 3) as [TestMember, TestMember, TestMember];
    await inside.enters();
    await eventually(async () => expect(await states([inside])).toEqual(['ADMITTED']));
    await waiting.enters();
    await db.destroy();

    await eventually(async () => {
      expect(await states([inside, waiting])).toEqual(['ADMITTED', 'WAITING']);
      expect(rooms.logged()).toContain('going on with the last definition known');
    });
    expect((await newcomer.enters()).token).toMatchObject({ status: 'WAITING', position: 2 });
  });

  it('a token of a queue that was never read is told to ask again, and the others where they stand', async () => {
    const db = createDatabase({ url: rooms.databaseUrl });
    const cut = await rooms.replica({ db });
    const [known, unread] = [await given({ cap: 1, count: 1 }), await given({ cap: 1, count: 1 })];
    const tokens = [unread, known].map(({ members }) => members[0]!.payload());
    await cut.checkTokens(tokens.slice(1));
    await db.destroy();
    expect(await cut.checkTokens(tokens)).toEqual([
      { status: 'WAITING', pollAfterMs: expect.any(Number), unsure: true },
      expect.objectContaining({ status: 'ADMITTED' }),
    ]);
  });

  it('so it is too where MySQL hangs', async () => {
    const db = createDatabase({ url: rooms.databaseUrl, statementTimeoutMs: 600_000, lockWaitSeconds: 600 });
    const cut = await rooms.replica({ db, ticking: false });
    const [known, unread] = [await given({ cap: 1, count: 1 }), await given({ cap: 1, count: 1 })];
    const tokens = [unread, known].map(({ members }) => members[0]!.payload());
    await cut.checkTokens(tokens.slice(1));
    const blocker = createDatabase({ url: rooms.databaseUrl, poolSize: 1 });
    await blocker.raw('LOCK TABLES queues WRITE');
    const before = rooms.logged().length;
    try {
      await eventually(async () => {
        expect((await cut.checkTokens(tokens)).map(({ status }) => status)).toEqual(['WAITING', 'ADMITTED']);
        expect(rooms.logged().slice(before)).toContain('going on with the last definition known');
      });
    } finally {
      await blocker.raw('UNLOCK TABLES');
      await blocker.destroy();
    }
    await eventually(async () => expect((await cut.checkTokens(tokens)).map(({ status }) => status)).toEqual(['ADMITTED', 'ADMITTED']));
  });
});

describe('without Redis and MySQL', () => {
  it('nobody is told that it is their turn, nor that it is not', async () => {
    const { queueId, members } = await given({ cap: 1, count: 2 });
    const db = createDatabase({ url: rooms.databaseUrl });
    const cut = await rooms.replica({ db, withoutRedis: true });
    const payloads = members.map((member) => member.payload());
    expect(await cut.checkTokens(payloads)).toMatchObject([{ status: 'ADMITTED' }, { status: 'WAITING' }]);
    await db.destroy();
    await expect(cut.checkTokens(payloads)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    expect(live(await rooms.journal(queueId))).toHaveLength(1);
  });
});
