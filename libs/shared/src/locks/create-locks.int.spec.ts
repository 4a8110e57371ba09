import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createRedis, type Redis } from '../redis/index.ts';
import { captureLog, eventually, gate, testProxy, testRedis, type CapturedLog, type TestProxy, type TestRedis } from '../testing/index.ts';
import { createLocks, type Locks, type LocksOptions } from './index.ts';

const namespace = 'spec';

/** Counts how many are inside at once, for each key. */
const witness = () => {
  const inside = new Map<string, number>();
  let most = 0;
  let visits = 0;
  const visit = (keys: string[]) => async (): Promise<void> => {
    visits += 1;
    for (const key of keys) most = Math.max(most, inside.set(key, (inside.get(key) ?? 0) + 1).get(key)!);
    await new Promise(setImmediate);
    for (const key of keys) inside.set(key, inside.get(key)! - 1);
  };
  return { visit, seen: () => ({ most, visits }) };
};

describe('locks', () => {
  let engine: TestRedis;
  let proxy: TestProxy;
  let far: Redis;
  let captured: CapturedLog;

  beforeAll(async () => {
    engine = await testRedis();
  });
  afterAll(() => engine.stop());
  beforeEach(async () => {
    await engine.redis.flushdb();
    captured = captureLog();
    proxy = await testProxy(engine.url);
    far = createRedis({ url: proxy.url, name: 'spec', log: captured.log });
    await eventually(() => far.ping()); // it has the deadlines of production, which a starved machine may miss
  });
  afterEach(async () => {
    far.disconnect();
    await proxy.stop();
  });

  const locksOf = (redis: Redis, options: Partial<LocksOptions> = {}): Locks =>
    createLocks({ redis, namespace, enabled: true, log: captured.log, ...options });
  const held = async (): Promise<string[]> => (await engine.redis.keys(`${namespace}:*`)).sort();

  it('lets a hundred callers in two processes have one seat one after the other', async () => {
    const { visit, seen } = witness();
    const processes = [locksOf(engine.redis, { waitMs: 20_000 }), locksOf(far, { waitMs: 20_000 })];
    await Promise.all(Array.from({ length: 100 }, (_, n) => processes[n % 2]!.holding(['seat'], visit(['seat']))));

    expect(seen()).toEqual({ most: 1, visits: 100 });
    await eventually(async () => expect(await held()).toEqual([]));
  });

  it('never lets overlapping pairs in together, in whatever order they name them', async () => {
    const { visit, seen } = witness();
    const processes = [locksOf(engine.redis, { waitMs: 20_000 }), locksOf(far, { waitMs: 20_000 })];
    const pairs = [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'a'],
    ];
    const callers = Array.from({ length: 60 }, (_, n) => {
      const pair = pairs[n % 3]!;
      return processes[n % 2]!.holding(n % 4 < 2 ? pair : pair.toReversed(), visit(pair));
    });
    await Promise.all(callers);

    expect(seen()).toEqual({ most: 1, visits: 60 });
  });

  it('lets each of two processes have its share while the lines of both are never empty', async () => {
    const shares = { here: 0, there: 0 };
    const hasBothServed = (): boolean => shares.here >= 20 && shares.there >= 20;
    const keepAsking = async (locks: Locks, process: keyof typeof shares): Promise<void> => {
      while (!hasBothServed()) await locks.holding(['seat'], async () => void (shares[process] += 1));
    };
    const [here, there] = [locksOf(engine.redis, { waitMs: 60_000 }), locksOf(far, { waitMs: 60_000 })];
    await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? keepAsking(here, 'here') : keepAsking(there, 'there'))));

    expect(hasBothServed()).toBe(true);
  });

  it('takes all keys or none', async () => {
    const { open, opened } = gate();
    const holder = locksOf(engine.redis).holding(['b'], () => opened);
    await eventually(async () => expect(await held()).toEqual([`${namespace}:{lock}:b`]));
    await expect(locksOf(far, { waitMs: 0 }).holding(['a', 'b'], async () => 'had')).rejects.toMatchObject({ code: 'BUSY' });

    expect(await held()).toEqual([`${namespace}:{lock}:b`]);
    open();
    await holder;
  });

  it.each([
    ['this process', () => engine.redis],
    ['another process', () => far],
  ])('answers BUSY when the keys are not had in time from %s, without running anything', async (_, redis) => {
    const { open, opened } = gate();
    const locks = locksOf(engine.redis, { waitMs: 50 });
    const holder = locks.holding(['seat'], () => opened);
    await eventually(async () => expect(await held()).toHaveLength(1));
    let ran = false;
    const other = redis() === engine.redis ? locks : locksOf(redis(), { waitMs: 50 });
    const refused = other.holding(['seat'], async () => {
      ran = true;
    });

    await expect(refused).rejects.toMatchObject({ code: 'BUSY', retryAfterSeconds: 1 });
    expect(ran).toBe(false);
    open();
    await holder;
    expect(await other.holding(['seat'], async () => 'had')).toBe('had');
  });

  it('gives the keys back when what runs under them fails, and throws its error on', async () => {
    const locks = locksOf(engine.redis);
    const fail = locks.holding(['seat'], async () => {
      throw new Error('no');
    });
    await expect(fail).rejects.toThrow('no');

    await eventually(async () => expect(await held()).toEqual([]));
    expect(await locks.holding(['seat'], async () => 'had')).toBe('had');
  });

  it('lets another process in when the lease of a holder has run out, and only logs the late release', async () => {
    const { open, opened } = gate();
    const holder = locksOf(engine.redis, { leaseMs: 30 }).holding(['seat'], () => opened);
    expect(await locksOf(far).holding(['seat'], async () => 'had')).toBe('had');
    open();
    await expect(holder).resolves.toBeUndefined();

    await eventually(() => expect(captured.text()).toContain('a lock was not released'));
  });

  it('runs without Redis while that is down, and takes locks again when it is back', async () => {
    const locks = locksOf(far);
    proxy.cut();
    await eventually(() => expect(far.status).not.toBe('ready'));
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => locks.holding([`seat-${n % 10}`], async () => n)));
    expect(answers).toEqual(Array.from({ length: 100 }, (_, n) => n));

    proxy.heal();
    await eventually(async () => expect(await locks.holding(['seat'], held)).toEqual([`${namespace}:{lock}:seat`]));
  });

  it('pays the time-out of a hanging Redis once, not once a caller', async () => {
    const locks = locksOf(far);
    await locks.holding(['seat'], async () => {});
    proxy.freeze();
    // one after the other: 200 time-outs of a second would outlast the test's own deadline
    for (let n = 0; n < 200; n += 1) await locks.holding(['seat'], async () => {});
    expect(captured.lines().filter(({ msg }) => msg === 'no locks: the database decides alone')).toHaveLength(1);

    proxy.heal();
    await eventually(async () => expect(await locks.holding(['other'], held)).toContain(`${namespace}:{lock}:other`));
    expect(captured.text()).toContain('locks are back');
  });

  it('finds its scripts again after Redis lost them while it was away', async () => {
    const locks = locksOf(far);
    proxy.freeze();
    await locks.holding(['seat'], async () => {});
    await engine.redis.script('FLUSH');
    proxy.heal();

    await eventually(async () => expect(await locks.holding(['other'], held)).toContain(`${namespace}:{lock}:other`));
  });

  it('lets everybody in at once, without a call to Redis, when it is switched off', async () => {
    const { open, opened } = gate();
    const sent: string[] = [];
    const send = far.sendCommand.bind(far);
    far.sendCommand = (command, stream) => {
      sent.push(command.name);
      return send(command, stream);
    };
    const locks = locksOf(far, { enabled: false });
    let inside = 0;
    const all = Array.from({ length: 10 }, () =>
      locks.holding(['seat'], () => {
        inside += 1;
        return opened;
      }),
    );
    expect(inside).toBe(10);
    open();
    await Promise.all(all);

    expect(sent).toEqual([]);
  });
});
