import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inTransaction } from '../db/index.ts';
import { testDatabase } from '../testing/index.ts';
import { createAuditTable, insertAudit, listAudit, purgeAudit } from './index.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
  await createAuditTable(database.db);
});
afterAll(() => database.drop());

const rowsOf = (subject: string) => database.db('audit').where({ subject }).orderBy('id');

describe('the audit', () => {
  it('keeps who changed what, when, from what and to what, in order', async () => {
    const began = Date.now();
    await inTransaction(database.db, async (trx) => {
      await insertAudit(trx, { actor: 'ada', action: 'thing.create', subject: 'a', after: { size: 1 } });
      await insertAudit(trx, { actor: 'bob', action: 'thing.change', subject: 'a', before: { size: 1 }, after: { size: 2 } });
    });
    const rows = await rowsOf('a');
    expect(rows).toMatchObject([
      { actor: 'ada', action: 'thing.create', before_change: null },
      { actor: 'bob', action: 'thing.change' },
    ]);
    expect(rows.map((row) => [JSON.parse(row.before_change), JSON.parse(row.after_change)])).toEqual([
      [null, { size: 1 }],
      [{ size: 1 }, { size: 2 }],
    ]);
    for (const { at } of rows) expect(Math.abs(at.getTime() - began)).toBeLessThan(60_000);
  });

  it('has no row of a change that was rolled back', async () => {
    const change = inTransaction(database.db, async (trx) => {
      await insertAudit(trx, { actor: 'ada', action: 'thing.create', subject: 'b', after: {} });
      throw new Error('no');
    });
    await expect(change).rejects.toThrow('no');
    expect(await rowsOf('b')).toEqual([]);
  });

  it('takes no row outside of a transaction', async () => {
    const entry = { actor: 'ada', action: 'thing.create', subject: 'c', after: {} } as const;
    await expect(insertAudit(database.db as never, entry)).rejects.toThrow('transaction');
    expect(await rowsOf('c')).toEqual([]);
  });
});

describe('reading the audit', () => {
  const changes = (subject: string, sizes: readonly number[]) =>
    inTransaction(database.db, async (trx) => {
      for (const size of sizes) {
        const before = size === sizes[0] ? {} : { before: { size: size - 1 } };
        await insertAudit(trx, { actor: 'ada', action: 'thing.change', subject, ...before, after: { size } });
      }
    });

  it('tells of one thing in pages, newest first; what is written meanwhile moves none of them', async () => {
    await changes('read', [1, 2, 3]);
    await changes('another', [1]);
    const read = listAudit({ db: database.db });
    const first = await read({ subject: 'read', cursor: undefined, limit: 2 });
    await changes('read', [4]);
    const second = await read({ subject: 'read', cursor: first.nextCursor, limit: 2 });

    expect([first, second].map(({ items }) => items.map(({ after }) => after))).toEqual([[{ size: 3 }, { size: 2 }], [{ size: 1 }]]);
    expect(first.items[0]).toEqual({
      id: expect.stringMatching(/^\d+$/),
      at: expect.stringMatching(/Z$/),
      actor: 'ada',
      action: 'thing.change',
      subject: 'read',
      before: { size: 2 },
      after: { size: 3 },
    });
    expect(second.items[0]).not.toHaveProperty('before');
    expect(second).not.toHaveProperty('nextCursor');
  });

  it('tells of everything when no subject is named, and refuses the cursor of another list', async () => {
    await changes('last', [1]);
    const read = listAudit({ db: database.db });
    expect((await read({ subject: undefined, cursor: undefined, limit: 1 })).items).toMatchObject([{ subject: 'last' }]);
    await expect(read({ subject: undefined, cursor: 'nonsense', limit: 1 })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });
});

describe('the purge of the audit', () => {
  /** So many rows of an action, of so many days ago. */
  const rows = (subject: string, action: string, count: number, daysAgo: number) =>
    database.db('audit').insert(
      Array.from({ length: count }, (_, n) => ({
        at: database.db.raw('NOW(3) - INTERVAL ? HOUR', [daysAgo * 24]),
        actor: 'ada',
        action,
        subject,
        after_change: JSON.stringify({ n }),
      })),
    );
  const left = async (subject: string): Promise<unknown[]> =>
    (await rowsOf(subject)).map(({ action, after_change }: { action: string; after_change: string }) => [
      action,
      (JSON.parse(after_change) as { n: number }).n,
    ]);

  it('forgets what is older than its days, however much it is, and keeps what was in force at their beginning where that is asked for', async () => {
    await database.db('audit').delete();
    await rows('queue', 'queue.create', 1, 90);
    await rows('queue', 'queue.change', 700, 60);
    await rows('queue', 'queue.change', 2, 2);
    await rows('queue', 'queue.pause', 1, 40);
    expect(await purgeAudit({ db: database.db, days: 30, keepNewest: true })()).toBe(699);
    const inForce = [
      ['queue.create', 0],
      ['queue.change', 699],
      ['queue.change', 0],
      ['queue.change', 1],
    ];
    expect(await left('queue')).toEqual([...inForce, ['queue.pause', 0]]);
    expect(await purgeAudit({ db: database.db, days: 30, keepNewest: true })()).toBe(0);

    await database.db('audit').where({ action: 'queue.pause' }).delete();
    expect(await purgeAudit({ db: database.db, days: 30 })()).toBe(2);
    expect(await left('queue')).toEqual([
      ['queue.change', 0],
      ['queue.change', 1],
    ]);
  });
});
