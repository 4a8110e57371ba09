import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inTransaction } from '../db/index.ts';
import { testDatabase } from '../testing/index.ts';
import { createAuditTable, insertAudit } from './index.ts';

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
