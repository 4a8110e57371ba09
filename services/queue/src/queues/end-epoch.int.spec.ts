import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { memberHash } from '@onsale/shared/auth';
import { newId } from '@onsale/shared/ids';
import { createMetrics } from '@onsale/shared/metrics';
import { eventually } from '@onsale/shared/testing';
import { admitNext } from '../admission/admit-next.ts';
import { createLine } from '../line/line.ts';
import { journalChecks } from '../journal/journal-checks.ts';
import { scoreOf } from '../places/score.ts';
import type { Room } from '../room.ts';
import { inOrderOfTurn, live } from '../testing/journal-checks.ts';
import { testRooms, type TestMember, type TestRooms } from '../testing/test-room.ts';
import { findQueue } from './queue-store.ts';

let rooms: TestRooms;
/** They do not tick by themselves: the test takes the steps, and leaves out those that a dying process would have left out. */
let room: Room;
let other: Room;
beforeAll(async () => {
  rooms = await testRooms();
  [room, other] = await Promise.all([rooms.replica({ ticking: false }), rooms.replica({ ticking: false })]);
});
afterAll(() => rooms.stop());

const tick = async (replica: Room, queueId: string): Promise<void> => {
  await replica.steps.endExpired();
  await replica.steps.openDue();
  await replica.steps.tellLine();
  await replica.steps.admitNext(queueId);
  await replica.steps.tellLine();
};
const states = (members: readonly TestMember[]) => Promise.all(members.map(async (member) => (await member.checked()).status));
const numbers = (members: readonly TestMember[]) => members.map((member) => member.number());
/** Numbers of the next epoch begin some seconds ahead of the clock, and so does an opening behind them. */
const WITHIN = { withinMs: 60_000 };
const all = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
/** Members of the other replica, which hears of a change by reading it again. */
const given = async (cap: number, count: number) => {
  const queueId = await rooms.queue(room, { cap });
  const members = rooms.members(other, queueId, count);
  for (const member of members) await member.enters();
  await tick(room, queueId);
  return { queueId, members };
};
const areVoid = (members: readonly TestMember[]) =>
  eventually(async () => expect(await states(members)).toEqual(all(members.length, 'INVALID')));
const keysOf = async (queueId: string, pattern: string) => (await rooms.redis.keys(rooms.key(queueId, pattern))).length;

describe('an epoch that has ended', () => {
  it('takes everybody out, waiting, passed over and admitted, on every replica; new numbers begin an empty line behind all former ones', async () => {
    const { queueId, members } = await given(2, 5);
    await rooms.redis.zadd(rooms.key(queueId, 'seen:standard'), 1, `${members[4]!.number()}:${members[4]!.hash}`); // long gone
    await rooms.redis.set(rooms.key(queueId, 'looked'), Date.now());
    await tick(room, queueId);
    expect(await rooms.redis.zcard(rooms.key(queueId, 'parked:standard'))).toBe(1);
    const former = numbers(members);

    expect(await rooms.endEpoch(room, queueId, 1)).toMatchObject({ epoch: 2, waiting: 0, admitted: 0 });
    await areVoid(members);
    await tick(room, queueId);
    expect(await Promise.all(['waiting*', 'parked*', 'admitted', 'owner*'].map((keys) => keysOf(queueId, keys)))).toEqual([0, 0, 0, 0]);
    await expect(members[0]!.beats()).rejects.toMatchObject({ code: 'QUEUE_TOKEN_INVALID' });
    await expect(members[3]!.leaves()).rejects.toMatchObject({ code: 'QUEUE_TOKEN_INVALID' });
    expect((await rooms.journal(queueId)).map(({ ending, told }) => [ending, told])).toEqual(all(2, ['REVOKED', 1]));

    const again = members.toReversed();
    for (const member of again) expect(await member.enters()).toMatchObject({ created: true });
    expect(Math.min(...numbers(again))).toBeGreaterThan(Math.max(...former));
    await tick(other, queueId);
    expect(await Promise.all(again.map((member) => member.checked()))).toMatchObject([
      { status: 'ADMITTED' },
      { status: 'ADMITTED' },
      { status: 'WAITING', position: 1 },
      { status: 'WAITING', position: 2 },
      { status: 'WAITING', position: 3 },
    ]);
    expect(inOrderOfTurn(await rooms.journal(queueId))).toEqual([...former.slice(0, 2), ...numbers(again).slice(0, 2)]);
    const logged = rooms.logged().split('\n');
    expect(logged.filter((line) => line.includes(queueId) && line.includes('Redis had lost writes'))).toEqual([]);
    const offenders = await Promise.all(journalChecks.map(async ({ sql }) => ((await rooms.db.raw(sql)) as [unknown[]])[0]));
    expect(offenders.flat()).toEqual([]);
  });

  it('ends by itself on replicas that tick, while members come and the cap holds', async () => {
    const ticking = [await rooms.replica(), await rooms.replica()] as const;
    const queueId = await rooms.queue(ticking[0], { cap: 3 });
    const members = ticking.flatMap((replica) => rooms.members(replica, queueId, 10));
    await Promise.all(members.map((member) => member.enters()));
    await Promise.all([rooms.endEpoch(ticking[0], queueId, 1), rooms.endEpoch(ticking[1], queueId, 1)]);
    await areVoid(members);
    await Promise.all(members.map((member) => member.enters()));
    await eventually(async () => {
      const found = (await states(members)).toSorted();
      expect(found).toEqual([...all(3, 'ADMITTED'), ...all(17, 'WAITING')]);
    });
    expect(live(await rooms.journal(queueId))).toHaveLength(3);
    expect((await rooms.audit(queueId)).filter(({ action }) => action === 'queue.end-epoch')).toHaveLength(1);
    for (const replica of ticking) await replica.ticker.part.stop();
  });

  it('stays over when Redis was emptied before, and when it is emptied after: only those of the present epoch come back', async () => {
    const { queueId, members } = await given(1, 3);
    await rooms.wipe();
    await rooms.endEpoch(room, queueId, 1);
    await areVoid(members);
    const [first, second] = members as [TestMember, TestMember];
    await second.enters();
    await tick(room, queueId);
    expect(await states([second])).toEqual(['ADMITTED']); // nobody has to come back, so nobody waits for it
    const late = rooms.member(other, queueId);
    await late.enters();

    await rooms.wipe();
    await tick(room, queueId);
    expect(await states([first, second, late])).toEqual(['INVALID', 'ADMITTED', 'WAITING']);
    expect(await rooms.redis.zrange(rooms.key(queueId, 'waiting:standard'), 0, '-1')).toEqual([`${late.number()}:${late.hash}`]);
  });
});

describe('the numbers of the next epoch', () => {
  const AHEAD = 1_000_000_000_000; // eleven days of microseconds
  it.each([
    ['Redis has given out', (queueId: string) => rooms.redis.set(rooms.key(queueId, 'last'), AHEAD)],
    [
      'the journal knows',
      (queueId: string) =>
        rooms.db('journal').insert({
          queue_id: queueId,
          number: AHEAD,
          member: memberHash(newId()),
          lane: 'standard',
          score: AHEAD,
          late: false,
          ended_at: rooms.db.raw('NOW(3)'),
          ending: 'LEFT',
          told: true,
        }),
    ],
  ])('are above all that %s, though the clock says less', async (_who, stepAhead) => {
    const { queueId } = await given(1, 1);
    await stepAhead(queueId);
    await rooms.endEpoch(room, queueId, 1);
    const { first_number: firstNumber } = await rooms.db('queues').where({ id: queueId }).first<{ first_number: number }>('first_number');
    expect(firstNumber).toBeGreaterThan(AHEAD);
  });
});

describe('a death after the end of an epoch was committed, and before Redis was told', () => {
  it('is mended by whoever takes a number next', async () => {
    const { queueId, members } = await given(1, 3);
    await rooms.endEpoch(room, queueId, 1);
    await areVoid(members);
    expect(await rooms.redis.zcard(rooms.key(queueId, 'waiting:standard'))).toBe(2);
    expect(await members[1]!.enters()).toMatchObject({ created: true, token: { position: 1 } });
    await tick(other, queueId);
    expect(await states(members)).toEqual(['INVALID', 'ADMITTED', 'INVALID']);
  });

  it('is mended by the next tick, also when the line was emptied by half', async () => {
    const { queueId, members } = await given(1, 3);
    await rooms.endEpoch(room, queueId, 1);
    const line = createLine({ redis: rooms.redis, namespace: 'test' });
    const { firstNumber } = (await findQueue(rooms.db, queueId))!;
    await rooms.redis.del(rooms.key(queueId, 'marker')); // the first step
    await expect(line.reset((await findQueue(rooms.db, queueId))!, { generation: 9, floor: firstNumber })).rejects.toThrow('epoch');
    await tick(other, queueId);
    expect(await keysOf(queueId, 'waiting*')).toBe(0);
    await areVoid(members);
    expect(live(await rooms.journal(queueId))).toEqual([]);
  });
});

describe('whoever has not heard of the end of an epoch', () => {
  it('admits nobody whom it had read from the line', async () => {
    const { queueId, members } = await given(1, 2);
    const line = createLine({ redis: rooms.redis, namespace: 'test' });
    await rooms.change(room, queueId, { cap: 2 });
    const admit = admitNext({
      db: rooms.db,
      line: {
        ...line,
        head: async (...asked) => {
          const head = await line.head(...asked);
          await rooms.endEpoch(room, queueId, 1);
          return head;
        },
      },
      restoreLine: room.steps.restoreLine,
      metrics: createMetrics({ service: 'queue', defaults: false }),
    });
    expect(await admit(queueId)).toMatchObject({ admitted: 0 });
    expect(await rooms.journal(queueId)).toMatchObject([{ number: members[0]!.number(), ending: 'REVOKED' }]);
  });

  it('puts nobody back, tells of no admission, and gives out no number', async () => {
    const { queueId, members } = await given(1, 2);
    const line = createLine({ redis: rooms.redis, namespace: 'test' });
    const former = (await findQueue(rooms.db, queueId))!;
    const [inside, waiting] = members.map(({ number, hash }) => {
      const owner = { number: number(), member: hash };
      return { ...owner, lane: 'standard', score: scoreOf(former, owner) };
    });
    await rooms.endEpoch(room, queueId, 1);
    await areVoid(members);
    await members[0]!.enters(); // has the line begin anew, and nobody has told it yet who was revoked

    expect((await line.restore(former, [waiting!])).found).toMatchObject([{ standing: { state: 'OVER' } }]);
    expect(await line.apply(queueId, [{ ...inside!, admittedUntilMs: Date.now() + 60_000 }])).toEqual([]);
    expect(await rooms.redis.zcard(rooms.key(queueId, 'admitted'))).toBe(0);
    expect(await line.enqueue(former, rooms.member(room, queueId).hash, 'standard')).toEqual({ outcome: 'UNMARKED' });
    await tick(other, queueId);
    expect(await states(members)).toEqual(['ADMITTED', 'INVALID']);
  });

  it('is Redis, when it was away: the end holds all the same, and the line begins anew when it is back', async () => {
    const { queueId, members } = await given(1, 3);
    const cut = await rooms.replica({ ticking: false, withoutRedis: true });
    expect(await rooms.endEpoch(cut, queueId, 1)).toMatchObject({ epoch: 2, waiting: 0 });
    expect((await cut.checkTokens([members[0]!.payload()]))[0]).toEqual({ status: 'INVALID' });
    await tick(other, queueId);
    expect(await keysOf(queueId, 'waiting*')).toBe(0);
    await areVoid(members);
  });
});

describe('the end of an epoch of a queue with a draw', () => {
  it('before the opening leaves the opening as it is: only those who come again are drawn', async () => {
    const queueId = await rooms.queue(room, { cap: 2, opensAt: new Date(Date.now() + 3_600_000).toISOString() });
    const members = rooms.members(other, queueId, 4);
    for (const member of members) await member.enters();
    await rooms.endEpoch(room, queueId, 1);
    await areVoid(members);
    const again = members.slice(0, 3);
    for (const member of again) expect((await member.enters()).token.status).toBe('PREQUEUE');
    await rooms.comesToOpening(queueId, again);
    await eventually(async () => {
      await tick(room, queueId);
      expect((await states(again)).toSorted()).toEqual(['ADMITTED', 'ADMITTED', 'WAITING']);
    }, WITHIN);
    const drawn: { number: number }[] = await rooms.db('draw_entries').where({ queue_id: queueId }).orderBy('number').select('number');
    expect(drawn.map(({ number }) => number)).toEqual(numbers(again));
    expect(await states([members[3]!])).toEqual(['INVALID']);
  });

  it('after it ends the draw: those of the next epoch come by their numbers', async () => {
    const queueId = await rooms.queue(room, { cap: 1, opensAt: new Date(Date.now() + 3_600_000).toISOString() });
    const members = rooms.members(other, queueId, 4);
    for (const member of members) await member.enters();
    await rooms.comesToOpening(queueId, members);
    await eventually(async () => {
      await tick(room, queueId);
      expect(live(await rooms.journal(queueId))).toHaveLength(1);
    });
    await rooms.endEpoch(room, queueId, 1);
    await areVoid(members);
    await rooms.change(room, queueId, { cap: 4 });
    for (const member of members) await member.enters();
    await eventually(async () => {
      await tick(room, queueId);
      expect(await states(members)).toEqual(all(4, 'ADMITTED'));
    });
    expect(inOrderOfTurn(await rooms.journal(queueId)).slice(1)).toEqual(numbers(members));
    const offenders = await Promise.all(journalChecks.map(async ({ sql }) => ((await rooms.db.raw(sql)) as [unknown[]])[0]));
    expect(offenders.flat()).toEqual([]);
  });
});

describe('ending an epoch', () => {
  it('again, as after a lost answer, ends no other, and is in the audit once', async () => {
    const { queueId, members } = await given(1, 2);
    await rooms.endEpoch(room, queueId, 1, 'Sorry, once more');
    await areVoid(members);
    await members[0]!.enters();
    await tick(room, queueId);
    for (let again = 0; again < 2; again += 1)
      expect(await rooms.endEpoch(other, queueId, 1, 'Ignored')).toMatchObject({ epoch: 2, message: 'Sorry, once more' });
    expect(await states(members)).toEqual(['ADMITTED', 'INVALID']);
    const [row, ...more] = (await rooms.audit(queueId)).slice(1);
    expect(more).toEqual([]);
    expect([row.action, JSON.parse(row.before_change), JSON.parse(row.after_change)]).toEqual([
      'queue.end-epoch',
      { epoch: 1 },
      { epoch: 2, message: 'Sorry, once more', firstNumber: expect.any(Number), revoked: 1 },
    ]);
  });

  it('is refused for one that has not begun, and for no queue', async () => {
    const { queueId, members } = await given(1, 1);
    await expect(rooms.endEpoch(room, queueId, 2)).rejects.toMatchObject({ code: 'EPOCH_NOT_BEGUN' });
    await expect(rooms.endEpoch(room, 'nowhere', 1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await states(members)).toEqual(['ADMITTED']);
  });
});
