import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, gate, testProxy } from '../testing/index.ts';
import { afterCommit, createDatabase, inTransaction, type Database, type Trx } from './index.ts';
import { twoThings } from './testing/two-things.ts';

const deadlock = (): Error => Object.assign(new Error('deadlock'), { errno: 1213 });

describe('inTransaction', () => {
  let things: Awaited<ReturnType<typeof twoThings>>;
  let db: Database;

  beforeAll(async () => {
    things = await twoThings({ lockWaitSeconds: 1 });
    db = things.db;
  });
  afterAll(() => things.drop());
  beforeEach(() => things.begin());

  const points = () => things.points();
  const add = (trx: Trx, id: number) => things.add(trx, id);

  it('commits what it did, and answers with its value', async () => {
    expect(await inTransaction(db, (trx) => add(trx, 1))).toBe(1);
    expect(await points()).toEqual([1, 0]);
  });

  it('takes everything back when it fails, and throws that error on', async () => {
    const failing = inTransaction(db, async (trx) => {
      await add(trx, 1);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await points()).toEqual([0, 0]);
  });

  it('runs again as a whole after a deadlock, so that both sides end as if they had come one after the other', async () => {
    const [one, two] = [gate(), gate()];
    let runs = 0;
    const cross = (first: number, second: number, mine: { open: () => void }, other: { opened: Promise<void> }) =>
      inTransaction(db, async (trx) => {
        runs += 1;
        await add(trx, first);
        mine.open();
        await other.opened;
        await add(trx, second);
      });
    await Promise.all([cross(1, 2, one, two), cross(2, 1, two, one)]);

    expect(runs).toBe(3);
    expect(await points()).toEqual([2, 2]);
  });

  it('runs again when a lock was not had in time', async () => {
    const { open, opened } = gate();
    const held = gate();
    const holder = inTransaction(db, async (trx) => {
      await add(trx, 1);
      held.open();
      await opened;
    });
    await held.opened;
    let runs = 0;
    const waiting = inTransaction(db, async (trx) => {
      runs += 1;
      if (runs === 2) open();
      await add(trx, 2);
      await add(trx, 1);
    });
    await Promise.all([holder, waiting]);

    expect(runs).toBe(2);
    expect(await points()).toEqual([2, 1]);
  });

  it('does not commit the rest of a transaction whose deadlock was swallowed', async () => {
    const [one, two] = [gate(), gate()];
    let swallowed = 0;
    const cross = (first: number, second: number, mine: { open: () => void }, other: { opened: Promise<void> }) =>
      inTransaction(db, async (trx) => {
        await add(trx, first);
        mine.open();
        await other.opened;
        await add(trx, second).catch(() => (swallowed += 1));
        await add(trx, second);
      });
    await Promise.all([cross(1, 2, one, two), cross(2, 1, two, one)]);

    expect(swallowed).toBe(1);
    expect(await points()).toEqual([3, 3]);
  });

  it('does not believe what was concluded from a transaction that was lost', async () => {
    const [one, two] = [gate(), gate()];
    let concluded = 0;
    const cross = (first: number, second: number, mine: { open: () => void }, other: { opened: Promise<void> }) =>
      inTransaction(db, async (trx) => {
        await add(trx, first);
        mine.open();
        await other.opened;
        await add(trx, second).catch(() => {
          concluded += 1;
          throw new Error('taken, it seems');
        });
      });
    await Promise.all([cross(1, 2, one, two), cross(2, 1, two, one)]);

    expect(concluded).toBe(1);
    expect(await points()).toEqual([2, 2]);
  });

  it('fails when fn rolls back by itself, and runs no hook then', async () => {
    const seen: string[] = [];
    const rolledBack = inTransaction(db, async (trx) => {
      afterCommit(trx, () => seen.push('ran'));
      await add(trx, 1);
      await trx.rollback();
    });
    await expect(rolledBack).rejects.toThrow();
    expect([seen, await points()]).toEqual([[], [0, 0]]);
  });

  it('tries six times at most', async () => {
    let runs = 0;
    const losing = inTransaction(db, async () => {
      runs += 1;
      throw deadlock();
    });
    await expect(losing).rejects.toThrow('deadlock');
    expect(runs).toBe(6);
  });

  it('begins no further try after the time for that', async () => {
    let runs = 0;
    const losing = inTransaction(
      db,
      async () => {
        runs += 1;
        throw deadlock();
      },
      { retryWithinMs: -1 },
    );
    await expect(losing).rejects.toThrow('deadlock');
    expect(runs).toBe(1);
  });

  it.each([1062, 1969, 3024, 4025])('does not try again after error %i', async (errno) => {
    let runs = 0;
    const failing = inTransaction(db, async () => {
      runs += 1;
      throw Object.assign(new Error('other'), { errno });
    });
    await expect(failing).rejects.toThrow('other');
    expect(runs).toBe(1);
  });

  it('refuses a transaction, and a second one inside of it', async () => {
    await expect(inTransaction(db, (trx) => inTransaction(trx, async () => {}))).rejects.toThrow('hand the trx on');
    await expect(inTransaction(db, () => inTransaction(db, async () => {}))).rejects.toThrow('hand the trx on');
  });

  it('lets what was started inside of it begin its own transaction once it is over', async () => {
    const { open, opened } = gate();
    let later: Promise<number> | undefined;
    await inTransaction(db, async () => {
      later = opened.then(() => inTransaction(db, (trx) => add(trx, 1)));
    });
    open();
    expect(await later).toBe(1);
  });

  it('tells why the use case failed even when the connection died with it', async () => {
    const proxy = await testProxy(things.url);
    const far = createDatabase({ url: proxy.url });
    try {
      const failing = inTransaction(far, async (trx) => {
        await add(trx, 1);
        proxy.cut();
        throw new Error('the reason');
      });
      await expect(failing).rejects.toThrow('the reason');
    } finally {
      await far.destroy();
      await proxy.stop();
    }
    await eventually(async () => expect(await points()).toEqual([0, 0]));
  });
});
