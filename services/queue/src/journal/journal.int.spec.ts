import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, isDuplicate, type Database } from '@onsale/shared/db';
import { eventually } from '@onsale/shared/testing';
import type { Room } from '../room.ts';
import { testRooms, type TestMember, type TestRooms } from '../testing/test-room.ts';
import { journalChecks } from './journal-checks.ts';
import { admittedOf, liveAfter } from './journal-store.ts';
import { purgeJournal } from './purge-journal.ts';

let rooms: TestRooms;
let room: Room;
beforeAll(async () => {
  rooms = await testRooms();
  room = await rooms.replica();
});
afterAll(() => rooms.stop());

const DAY_MICROS = 86_400_000_000;
const numbersOf = async (queueId: string) => (await rooms.journal(queueId)).map(({ number }) => number);
/** Makes a queue, and all that has happened in it, so many days older. */
const age = async (queueId: string, days: number): Promise<void> => {
  await rooms
    .db('queues')
    .where({ id: queueId })
    .decrement('epoch', days * 86_400_000);
  await rooms
    .db('journal')
    .where({ queue_id: queueId })
    .update({
      admitted_at: rooms.db.raw('admitted_at - INTERVAL ? DAY', [days]),
      ended_at: rooms.db.raw('ended_at - INTERVAL ? DAY', [days]),
    });
};
const offendersOf = async (queueId: string): Promise<unknown[]> => {
  const found = await Promise.all(journalChecks.map(({ sql }) => rooms.db.raw(sql)));
  return found.flatMap(([rows]) => rows as { offender: string }[]).filter(({ offender }) => offender.startsWith(queueId));
};

/** Rows that the one connection of a pool has read so far. */
const readBy = async (db: Database): Promise<number> => {
  const [counts] = (await db.raw(`SHOW SESSION STATUS LIKE 'Handler_read%'`)) as [{ Value: string }[]];
  return counts.reduce((sum, { Value }) => sum + Number(Value), 0);
};

describe('the journal', () => {
  it('holds one live row a member, whatever its number', async () => {
    const queueId = await rooms.queue(room, { cap: 1 });
    const member = rooms.member(room, queueId);
    await member.enters();
    await eventually(async () => expect(await rooms.journal(queueId)).toHaveLength(1));
    const [{ live_member, ...row }] = (await rooms.journal(queueId)) as unknown as [{ live_member: string; number: number }];
    expect(live_member).toBe(member.hash);
    const again = { ...row, number: row.number + 1, turn: 2 };
    const error: unknown = await rooms
      .db('journal')
      .insert(again)
      .catch((thrown: unknown) => thrown);
    expect(isDuplicate(error)).toBe(true);

    await member.leaves();
    await rooms.db('journal').insert(again);
    expect(await rooms.journal(queueId)).toHaveLength(2);
  });

  it('answers with the live rows in batches without reading those that have ended, however many', async () => {
    const queueId = await rooms.queue(room, { cap: 0 });
    const row = { queue_id: queueId, lane: 'standard', score: 1, late: false, told: true };
    const ended = Array.from({ length: 3000 }, (_, i) => ({
      ...row,
      number: i + 1,
      member: `m${i}`,
      ended_at: new Date(),
      ending: 'LEFT',
    }));
    const admission = { admitted_at: new Date(), until: new Date(Date.now() + 600_000) };
    const live = ['mc', 'ma', 'mb'].map((member, i) => ({ ...row, ...admission, number: 4000 + i, turn: i + 1, member }));
    await rooms.db.batchInsert('journal', [...ended, ...live], 500);
    const db = createDatabase({ url: rooms.databaseUrl, poolSize: 1 });
    try {
      const before = await readBy(db);
      const first = await liveAfter(db, { queueId, after: '', limit: 2 });
      expect(first.map(({ member }) => member)).toEqual(['ma', 'mb']);
      expect(await liveAfter(db, { queueId, after: 'mb', limit: 2 })).toMatchObject([{ number: 4000, member: 'mc', ending: undefined }]);
      expect(await admittedOf(db, queueId, ['mb', 'm1', 'nobody'])).toEqual(new Set(['mb']));
      expect((await readBy(db)) - before).toBeLessThan(100);
    } finally {
      await db.destroy();
    }
  });

  it('forgets what ended long ago, and nothing that somebody may still ask for', async () => {
    const queueId = await rooms.queue(room, { cap: 2 });
    const [ended, inside, left] = rooms.members(room, queueId, 3) as [TestMember, TestMember, TestMember];
    for (const member of [ended, inside, left]) await member.enters();
    await eventually(async () => expect((await inside.checked()).status).toBe('ADMITTED'));
    await rooms.complete(room, queueId, ended.number());
    await left.leaves();
    await eventually(async () => expect((await rooms.journal(queueId)).filter(({ told }) => told === 1)).toHaveLength(3));
    const purge = purgeJournal({ db: rooms.db, days: 30 });

    await age(queueId, 29);
    expect(await purge()).toBe(0);
    await age(queueId, 2);
    await rooms.db.transaction(async (trx) => {
      await trx('journal').where({ queue_id: queueId, number: left.number() }).update({ told: false }); // of which no tick knows: it would tell it
      expect(await purgeJournal({ db: trx, days: 30 })()).toBe(1);
    });
    expect(await numbersOf(queueId)).toEqual([inside.number(), left.number()]);
    await rooms.db('journal').where({ queue_id: queueId, number: left.number() }).update({ told: true, ended_at: new Date() });
    expect(await purge()).toBe(0);
  });

  it('forgets in batches, the numbers alone that are old enough, and stops when it is told to', async () => {
    const queueId = await rooms.queue(room);
    await age(queueId, 40);
    const end = { queue_id: queueId, member: 'm', lane: 'standard', score: 1, late: false, ending: 'LEFT', told: true };
    const ended_at = rooms.db.raw('NOW(3) - INTERVAL 31 DAY');
    const rows = Array.from({ length: 2500 }, (_, i) => ({ ...end, number: i + 1, ended_at }));
    await rooms.db.batchInsert('journal', [...rows, { ...end, number: 20 * DAY_MICROS, ended_at }], 500);
    const purge = purgeJournal({ db: rooms.db, days: 30 });
    expect(await purge(AbortSignal.abort())).toBe(0);
    expect(await purge()).toBe(2500);
    expect(await numbersOf(queueId)).toEqual([20 * DAY_MICROS]);
  });

  it('forgets nobody who came to a sale that opened lately, however long before', async () => {
    const queueId = await rooms.queue(room, { cap: 0 });
    const member = rooms.member(room, queueId);
    await member.enters();
    await member.leaves();
    await eventually(async () => expect((await rooms.journal(queueId)).filter(({ told }) => told === 1)).toHaveLength(1));
    await age(queueId, 60);
    const opening = (daysAgo: number) => ({
      opens_at: rooms.db.raw('NOW(3) - INTERVAL ? DAY', [daysAgo]),
      opened_at: rooms.db.raw('NOW(3)'),
      draw_listed_at: rooms.db.raw('NOW(3)'),
      draw_seed: Buffer.alloc(32),
    });
    const purge = purgeJournal({ db: rooms.db, days: 30 });
    await rooms.db('queues').where({ id: queueId }).update(opening(29));
    expect(await purge()).toBe(0);
    await rooms.db('queues').where({ id: queueId }).update(opening(31));
    expect(await purge()).toBe(1);
  });

  it('says the same of the rest as before when it has forgotten who passed a late place', async () => {
    const queueId = await rooms.queue(room);
    await age(queueId, 60);
    const row = (number: number, turn: number, late: boolean, daysAgo: number) => ({
      queue_id: queueId,
      number,
      score: number,
      member: `m${number}`,
      lane: 'standard',
      turn,
      late,
      admitted_at: rooms.db.raw('NOW(3) - INTERVAL ? DAY', [daysAgo]),
      until: rooms.db.raw('NOW(3) - INTERVAL ? DAY', [daysAgo - 1]),
      ended_at: rooms.db.raw('NOW(3) - INTERVAL ? DAY', [daysAgo - 1]),
      ending: 'EXPIRED',
      told: true,
    });
    await rooms.db('journal').insert([row(2 * DAY_MICROS, 1, false, 40), row(DAY_MICROS, 2, true, 20)]);
    expect(await offendersOf(queueId)).toEqual([]);
    expect(await purgeJournal({ db: rooms.db, days: 30 })()).toBe(1);
    expect(await offendersOf(queueId)).toEqual([]);
  });
});
