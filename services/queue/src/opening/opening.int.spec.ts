import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DrawEntry } from '@onsale/contracts/queue';
import { runChecks } from '@onsale/shared/invariants';
import { eventually } from '@onsale/shared/testing';
import { journalChecks } from '../journal/journal-checks.ts';
import type { Room } from '../room.ts';
import { inOrderOfTurn, live } from '../testing/journal-checks.ts';
import { testRooms, type TestMember, type TestRooms } from '../testing/test-room.ts';
import { BEHIND_THE_DRAW, drawScore } from './draw.ts';

let rooms: TestRooms;
let room: Room;
let other: Room;
beforeAll(async () => {
  rooms = await testRooms();
  [room, other] = await Promise.all([rooms.replica(), rooms.replica()]);
});
afterAll(() => rooms.stop());

const IN_AN_HOUR = () => new Date(Date.now() + 3_600_000).toISOString();
const LONG = { withinMs: 60_000 };

const given = async ({ cap, count }: { cap: number; count: number }) => {
  const queueId = await rooms.queue(room, { cap, opensAt: IN_AN_HOUR() });
  const members = rooms.members(room, queueId, count);
  for (const [i, member] of members.entries()) await rooms.member(i % 2 === 0 ? room : other, queueId, member.id).enters();
  for (const member of members) await member.enters(); // the same place again, for its token
  return { queueId, members };
};

const seedOf = async (queueId: string): Promise<Buffer> =>
  (await rooms.db('queues').where({ id: queueId }).first<{ draw_seed: Buffer }>('draw_seed')).draw_seed;

/** As anybody would reckon it from the seed. */
const inOrderOfDraw = async (queueId: string, members: readonly TestMember[]): Promise<TestMember[]> => {
  const seed = await seedOf(queueId);
  return members.toSorted((a, b) => drawScore(seed, a.hash) - drawScore(seed, b.hash));
};

const statuses = (members: readonly TestMember[]) => Promise.all(members.map(async (member) => (await member.checked()).status));
const numbers = (members: readonly TestMember[]) => members.map((member) => member.number());
const allOf = (members: readonly TestMember[], status: string) => members.map(() => status);

/** Both replicas know that it has opened. */
const opened = async (queueId: string, members: readonly TestMember[]): Promise<void> => {
  await rooms.comesToOpening(queueId, members);
  await eventually(async () => {
    for (const replica of [room, other]) expect((await replica.readQueue(queueId)).state).toBe('OPEN');
  }, LONG);
};

const entriesOf = async (queueId: string): Promise<DrawEntry[]> => {
  const entries: DrawEntry[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await room.readDraw({ queueId, limit: 7, cursor });
    entries.push(...page.entries);
    if (page.nextCursor === undefined) return entries;
    cursor = page.nextCursor;
  }
};

/** A lost line rests until `rested`, however slow this machine is. */
const restsLong = (queueId: string) => rooms.db('queues').where({ id: queueId }).update({ longest_poll_ms: 3_600_000 });
const rested = (queueId: string) =>
  rooms
    .db('queues')
    .where({ id: queueId })
    .update({ rest_until: rooms.db.raw('NOW(3)'), rest_watched_at: null });
const inLine = async (queueId: string): Promise<number> => (await room.readQueue(queueId)).waiting;

const offences = async () => (await runChecks(rooms.db, journalChecks)).filter(({ violations }) => violations > 0);

describe('an opening', () => {
  it('admits nobody before it, then everybody of before in the order of the draw, and who comes later behind them', async () => {
    const { queueId, members } = await given({ cap: 3, count: 16 });
    expect(await statuses(members)).toEqual(allOf(members, 'PREQUEUE'));
    for (const member of members.slice(0, 3)) {
      expect(await member.checked()).toEqual({ status: 'PREQUEUE', pollAfterMs: expect.any(Number) });
      expect((await member.enters()).token).not.toHaveProperty('position');
    }
    expect(await room.readQueue(queueId)).toMatchObject({ state: 'PREQUEUE', waiting: 16 });
    expect(await room.readDraw({ queueId, limit: 100 })).toEqual({
      queueId,
      opensAt: expect.any(String),
      seedHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      entries: [],
    });

    await opened(queueId, members);
    const late = rooms.members(other, queueId, 4);
    for (const member of late) await member.enters();
    const order = [...(await inOrderOfDraw(queueId, members)), ...late];
    for (let n = 0; n < order.length; n += 3) {
      const inside = order.slice(n, n + 3);
      await eventually(async () => expect(await statuses(inside)).toEqual(allOf(inside, 'ADMITTED')), LONG);
      for (const member of inside) await member.leaves();
    }

    const rows = await rooms.journal(queueId);
    expect(inOrderOfTurn(rows)).toEqual(numbers(order));
    expect(rows.filter(({ late: wasLate }) => wasLate === 1)).toEqual([]);
    expect(rows.filter(({ score }) => score >= BEHIND_THE_DRAW).map(({ number }) => number)).toEqual(numbers(late));
    const draw = await room.readDraw({ queueId, limit: 100 });
    expect(draw).toMatchObject({ seed: (await seedOf(queueId)).toString('hex'), count: 16 });
    expect((await entriesOf(queueId)).map(({ number, turn }) => [number, turn])).toEqual(
      order.slice(0, 16).map((member, n) => [member.number(), n + 1]),
    );
    expect(await offences()).toEqual([]);
  });

  it('keeps one place a member, and lets who left before it stay away', async () => {
    const { queueId, members } = await given({ cap: 10, count: 4 });
    const again = rooms.member(other, queueId, members[0]!.id);
    expect(await again.enters()).toMatchObject({ created: false, token: { number: members[0]!.number(), status: 'PREQUEUE' } });
    await members[3]!.leaves();
    await opened(queueId, members);
    await eventually(async () => expect(await statuses(members)).toEqual(['ADMITTED', 'ADMITTED', 'ADMITTED', 'LEFT']), LONG);
    expect((await entriesOf(queueId)).map(({ number }) => number)).toEqual(numbers(await inOrderOfDraw(queueId, members.slice(0, 3))));
  });

  it('comes by itself at its time, and not before', async () => {
    const opensAt = new Date(Date.now() + 1500).toISOString();
    const queueId = await rooms.queue(room, { cap: undefined, opensAt }); // no line: everybody is admitted, once it has opened
    const members = rooms.members(other, queueId, 3);
    for (const member of members) await member.enters();
    await eventually(async () => expect(await statuses(members)).toEqual(allOf(members, 'ADMITTED')), LONG);
    for (const { admitted_at } of await rooms.journal(queueId)) expect(admitted_at!.getTime()).toBeGreaterThanOrEqual(Date.parse(opensAt));
    expect(await offences()).toEqual([]);
  });

  it('comes for a queue that nobody has entered, too', async () => {
    const queueId = await rooms.queue(room, { cap: 1, opensAt: new Date(Date.now() - 1000).toISOString() });
    await eventually(async () => expect((await room.readQueue(queueId)).state).toBe('OPEN'), LONG);
    const [first] = rooms.members(other, queueId, 1);
    await eventually(async () => expect((await first!.enters()).token.status).toBe('ADMITTED'), LONG);
    expect(await room.readDraw({ queueId, limit: 1 })).toMatchObject({ count: 0, entries: [] });
    expect(await offences()).toEqual([]);
  });

  it('lets the places of before live for a whole token life from then on', async () => {
    const { queueId, members } = await given({ cap: 0, count: 2 });
    await rooms.db('queues').where({ id: queueId }).update({ token_life_seconds: 1 });
    const outlived = rooms.member(room, await rooms.queue(room, { cap: 0, tokenLifeSeconds: 1 }));
    await outlived.enters();
    await eventually(async () => expect((await outlived.checked()).status).toBe('INVALID'), LONG);
    expect(await statuses(members)).toEqual(['PREQUEUE', 'PREQUEUE']);
    await rooms.wipe();
    await eventually(async () => expect(await statuses(members)).toEqual(['PREQUEUE', 'PREQUEUE']), LONG);
  });
});

describe('a Redis that is emptied around an opening', () => {
  it('changes nothing about the order: before, right after, and for who comes back too late', async () => {
    const { queueId, members } = await given({ cap: 2, count: 10 });
    await restsLong(queueId);
    await rooms.wipe();
    await eventually(async () => {
      expect(await statuses(members.toReversed())).toEqual(allOf(members, 'PREQUEUE'));
      expect(await inLine(queueId)).toBe(10);
    }, LONG);
    await opened(queueId, members);
    await rooms.wipe();
    const order = await inOrderOfDraw(queueId, members);
    const [truant, ...present] = order as [TestMember, ...TestMember[]];
    await eventually(async () => {
      expect(await statuses(present.toReversed())).toEqual(allOf(present, 'WAITING'));
      expect(await inLine(queueId)).toBe(9);
    }, LONG);
    expect((await room.readDraw({ queueId, limit: 1 })).count).toBeUndefined(); // whoever was lost has time to come back first
    expect(live(await rooms.journal(queueId))).toEqual([]);
    await rested(queueId);

    await eventually(async () => expect(await statuses(present.slice(0, 2))).toEqual(['ADMITTED', 'ADMITTED']), LONG);
    expect((await truant.checked()).status).toBe('WAITING');
    expect(await truant.checked()).toMatchObject({ position: 1 });
    await present[0]!.leaves();
    await eventually(async () => expect((await truant.checked()).status).toBe('ADMITTED'), LONG);
    await rooms.change(room, queueId, { cap: 20 });
    await eventually(async () => expect(await statuses(present.slice(2))).toEqual(allOf(present.slice(2), 'ADMITTED')), LONG);

    const rows = await rooms.journal(queueId);
    expect(inOrderOfTurn(rows)).toEqual(numbers([...present.slice(0, 2), truant, ...present.slice(2)]));
    expect(rows.filter(({ late }) => late === 1).map(({ number }) => number)).toEqual([truant.number()]);
    const entries = await entriesOf(queueId);
    expect(entries.map(({ number }) => number)).toEqual(numbers(order));
    expect(entries[0]).toMatchObject({ returned: true, late: true, turn: 3 });
    expect((await room.readDraw({ queueId, limit: 1 })).count).toBe(9);
    expect(await offences()).toEqual([]);
  });

  it('lets nobody into the draw any more once it is over, whatever Redis takes the time for', async () => {
    const { queueId, members } = await given({ cap: 0, count: 1 });
    await rooms.db('queues').where({ id: queueId }).update({ opened_at: new Date() }); // it opens in an hour by Redis, and has opened by the database
    await rooms.wipe();
    await eventually(async () => {
      const newcomer = rooms.member(room, queueId);
      await newcomer.enters();
      const score = await rooms.redis.zscore(rooms.key(queueId, 'waiting:standard'), `${newcomer.number()}:${newcomer.hash}`);
      expect(Number(score)).toBeGreaterThan(BEHIND_THE_DRAW);
    }, LONG);
    await members[0]!.checked();
    const first = await rooms.redis.zrange(rooms.key(queueId, 'waiting:standard'), '0', '0', 'WITHSCORES');
    expect(first).toEqual([`${members[0]!.number()}:${members[0]!.hash}`, String(drawScore(await seedOf(queueId), members[0]!.hash))]);
  });
});
