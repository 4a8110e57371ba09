import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { captureLog, eventually, type CapturedLog } from '../testing/index.ts';
import { afterCommit, beforeCommit, inTransaction, type Database, type Trx } from './index.ts';
import { twoThings } from './testing/two-things.ts';

const deadlock = (): Error => Object.assign(new Error('deadlock'), { errno: 1213 });

describe('afterCommit', () => {
  let things: Awaited<ReturnType<typeof twoThings>>;
  let captured: CapturedLog;
  let db: Database;

  beforeAll(async () => {
    captured = captureLog();
    things = await twoThings({ log: captured.log });
    db = things.db;
  });
  afterAll(() => things.drop());
  beforeEach(() => things.begin());

  const points = () => things.points();
  const add = (trx: Trx, id: number) => things.add(trx, id);

  it('runs what was registered, in order, and only when others can see the effect', async () => {
    const seen: unknown[] = [];
    await inTransaction(db, async (trx) => {
      afterCommit(trx, async () => seen.push(await points()));
      afterCommit(trx, () => seen.push('second'));
      await add(trx, 1);
      expect(seen).toEqual([]);
    });
    await eventually(() => expect(seen).toHaveLength(2));
    expect(seen).toEqual(['second', [1, 0]]);
  });

  it('runs nothing after a rollback', async () => {
    const seen: string[] = [];
    const failing = inTransaction(db, async (trx) => {
      afterCommit(trx, () => seen.push('ran'));
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(seen).toEqual([]);
  });

  it('runs what the last try registered, once', async () => {
    const seen: number[] = [];
    let runs = 0;
    await inTransaction(db, async (trx) => {
      const run = ++runs;
      afterCommit(trx, () => seen.push(run));
      if (run < 3) throw deadlock();
    });
    expect(seen).toEqual([3]);
  });

  it('logs what fails, and changes nothing by it', async () => {
    const seen: string[] = [];
    const value = await inTransaction(db, async (trx) => {
      afterCommit(trx, () => {
        throw new Error('thrown after commit');
      });
      afterCommit(trx, () => Promise.reject(new Error('rejected after commit')));
      afterCommit(trx, () => seen.push('ran'));
      return 'done';
    });
    expect([value, seen]).toEqual(['done', ['ran']]);
    await eventually(() => expect(captured.text()).toMatch(/thrown after commit[^]*rejected after commit/));
  });

  it('lets a hook open a transaction of its own', async () => {
    let later: Promise<number> | undefined;
    await inTransaction(db, async (trx) => {
      afterCommit(trx, () => {
        later = inTransaction(db, (own) => add(own, 2));
      });
    });
    expect(await later).toBe(1);
  });

  it('refuses a transaction that inTransaction did not open', async () => {
    await db.transaction(async (trx) => {
      expect(() => afterCommit(trx, () => {})).toThrow('inTransaction');
    });
  });
});

describe('beforeCommit', () => {
  let things: Awaited<ReturnType<typeof twoThings>>;
  beforeAll(async () => {
    things = await twoThings();
  });
  afterAll(() => things.drop());

  const set = (trx: Trx, points: number): Promise<number> => trx('things').where({ id: 1 }).update({ points });
  const points = (): Promise<number[]> => things.db('things').pluck('points');

  it('runs as the last statements of the transaction, in order', async () => {
    await inTransaction(things.db, async (trx) => {
      beforeCommit(trx, () => set(trx, 2));
      beforeCommit(trx, () => set(trx, 3));
      await set(trx, 1);
    });
    expect(await points()).toEqual([3]);
  });

  it('rolls all back when it fails, and runs anew in the next try', async () => {
    let tries = 0;
    await inTransaction(things.db, async (trx) => {
      await set(trx, 10 + tries);
      beforeCommit(trx, async () => {
        tries += 1;
        if (tries === 1) throw deadlock();
      });
    });
    expect(await points()).toEqual([11]);

    const failing = inTransaction(things.db, async (trx) => {
      await set(trx, 99);
      beforeCommit(trx, () => Promise.reject(new Error('no')));
    });
    await expect(failing).rejects.toThrow('no');
    expect(await points()).toEqual([11]);
  });
});
