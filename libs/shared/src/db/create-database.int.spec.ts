import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, testDatabase, testProxy, type TestDatabase } from '../testing/index.ts';
import { createDatabase, databaseCheck, isDuplicate, isEngineAway, isOverloaded, isStatementTimeout } from './index.ts';

/** Work for hours that either engine can interrupt; MySQL answers an interrupted SLEEP with a row. */
const ENDLESS = `WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
  SELECT COUNT(*) AS c FROM n a, n b, n c, n d, n e`;

const failure = async (promise: PromiseLike<unknown>): Promise<unknown> => {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
};

describe('createDatabase', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase({ migrations: new URL('./fixtures/migrations/', import.meta.url) });
  });
  afterAll(() => database.drop());

  const first = async (sql: string): Promise<Record<string, unknown>> => {
    const [rows] = (await database.db.raw(sql)) as [Record<string, unknown>[]];
    return rows[0]!;
  };

  it('makes each connection READ COMMITTED', async () => {
    const seen = await database.db.transaction(async (trx) => {
      const count = async (): Promise<unknown> => (await trx('things').where({ id: 77 }).count({ n: '*' }))[0]!['n'];
      const before = await count();
      await database.db('things').insert({ id: 77, points: 1 });
      return [before, await count()];
    });
    expect(seen).toEqual([0, 1]);
  });

  it('makes each connection strict', async () => {
    await expect(database.db('things').insert({ id: 2 })).rejects.toMatchObject({ errno: 1364 });
    await expect(database.db('things').insert({ id: 'x', points: 1 })).rejects.toMatchObject({ errno: 1366 });
    await expect(database.db.raw('SELECT id, COUNT(*) FROM things')).rejects.toThrow(/GROUP/);
  });

  it('keeps times in UTC to the millisecond, both ways', async () => {
    const at = new Date('2030-06-01T12:34:56.789Z');
    await database.db('things').insert({ id: 3, points: 1, at });

    expect(await database.db('things').where({ id: 3 }).first('at')).toEqual({ at });
    expect(await first('SELECT CAST(at AS CHAR) AS at, @@session.time_zone AS zone FROM things WHERE id = 3')).toEqual({
      at: '2030-06-01 12:34:56.789',
      zone: '+00:00',
    });
  });

  it('never rounds: BIGINT is a number where that is exact, else a string, and so are sums', async () => {
    await database.db('things').insert([
      { id: 10, points: Number.MAX_SAFE_INTEGER },
      { id: 11, points: '9007199254740993' },
      { id: 12, points: 9_223_372_036_854_775_807n },
    ]);
    expect(await database.db('things').whereIn('id', [10, 11, 12]).orderBy('id').pluck('points')).toEqual([
      9_007_199_254_740_991,
      '9007199254740993',
      '9223372036854775807',
    ]);
    expect(
      await first('SELECT SUM(points) AS loose, CAST(SUM(points) AS SIGNED) AS points, COUNT(*) AS n FROM things WHERE id = 10'),
    ).toEqual({
      loose: '9007199254740991',
      points: 9_007_199_254_740_991,
      n: 1,
    });
  });

  it('gives JSON and DECIMAL as strings on both engines', async () => {
    await database.db('things').insert({ id: 20, points: 1, price: '12.50', notes: JSON.stringify({ a: [1] }) });
    const row = await database.db('things').where({ id: 20 }).first('price', 'notes');

    expect(row!.price).toBe('12.50');
    expect(JSON.parse(row!.notes)).toEqual({ a: [1] });
  });

  it('counts the rows that matched, changed or not', async () => {
    await database.db('things').insert({ id: 30, points: 5 });
    expect(await database.db('things').where({ id: 30 }).update({ points: 5 })).toBe(1);
    expect(await database.db('things').where({ id: 31 }).update({ points: 5 })).toBe(0);
  });

  it('streams what is too much for one answer', async () => {
    await database.db('things').insert(Array.from({ length: 100 }, (_, n) => ({ id: 1000 + n, points: n })));
    const seen: number[] = [];
    for await (const row of database.db('things').where('id', '>=', 1000).orderBy('id').stream())
      seen.push((row as { points: number }).points);
    expect(seen).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });

  it('knows a duplicate', async () => {
    await database.db('things').insert({ id: 40, points: 5 });
    expect(isDuplicate(await failure(database.db('things').insert({ id: 40, points: 5 })))).toBe(true);
    expect(isDuplicate(new Error('other'))).toBe(false);
  });

  it('keeps the values of a failed statement out of its error', async () => {
    const error = await failure(database.db('things').insert({ id: 50, points: null, notes: JSON.stringify('hunter2') }));
    const told = [String(error), JSON.stringify(error), (error as Error).stack].join();
    expect(told).toContain('insert into `things`');
    expect(told).not.toContain('hunter2');
  });

  it('interrupts a statement at its deadline, and goes on with the connection', async () => {
    const db = createDatabase({ url: database.url, poolSize: 1, statementTimeoutMs: 100, lockWaitSeconds: 1 });
    try {
      const error = await failure(db.raw(ENDLESS));
      expect(isStatementTimeout(error)).toBe(true);
      expect(isEngineAway(error)).toBe(false);
      await databaseCheck(db)();
    } finally {
      await db.destroy();
    }
  });

  it('says overloaded when no connection of the pool becomes free in time', async () => {
    const db = createDatabase({ url: database.url, poolSize: 1, acquireTimeoutMs: 100 });
    try {
      await eventually(databaseCheck(db)); // there is a connection: to make one takes its time
      const trx = await db.transaction();
      const error = await failure(db.raw('SELECT 1'));
      await trx.rollback();
      expect(isOverloaded(error)).toBe(true);
      await databaseCheck(db)();
    } finally {
      await db.destroy();
    }
  });

  it('gives up an engine that hangs, and works again by itself when it no longer does', async () => {
    const proxy = await testProxy(database.url);
    const db = createDatabase({ url: proxy.url, poolSize: 1, statementTimeoutMs: 100, lockWaitSeconds: 1 });
    try {
      await databaseCheck(db)();
      proxy.freeze();
      expect(isEngineAway(await failure(databaseCheck(db)()))).toBe(true);
      expect(isEngineAway(await failure(databaseCheck(db)()))).toBe(true);
      proxy.heal();
      await eventually(databaseCheck(db));
    } finally {
      await db.destroy();
      await proxy.stop();
    }
  });

  it('says away when nothing listens there, and works again by itself when the engine is back', async () => {
    const proxy = await testProxy(database.url);
    const db = createDatabase({ url: proxy.url, acquireTimeoutMs: 1000 });
    try {
      await databaseCheck(db)();
      proxy.cut();
      expect(isEngineAway(await failure(databaseCheck(db)()))).toBe(true);
      proxy.heal();
      await eventually(databaseCheck(db));
    } finally {
      await db.destroy();
      await proxy.stop();
    }
    const nowhere = createDatabase({ url: proxy.url });
    expect(isEngineAway(await failure(databaseCheck(nowhere)()))).toBe(true);
    await nowhere.destroy();
  });
});
