import { afterEach, describe, expect, it } from '@jest/globals';
import { createMetrics, type Metrics } from '../metrics/index.ts';
import { createEnds, type Ends, type EndsOptions } from './index.ts';

type Notices = NonNullable<EndsOptions['notices']>;

/** Notices between the replicas of a test: all hear, the sender too, as with Redis. */
const bus = (): Notices => {
  const listeners: ((message: string) => void)[] = [];
  return {
    publish: async (_channel, message) => listeners.forEach((fn) => fn(message)),
    on: (_channel, fn) => {
      listeners.push(fn);
      return () => void listeners.splice(listeners.indexOf(fn), 1);
    },
  };
};

const LONG_MS = 20_000;
const started: Ends[] = [];

const replica = async (options: Partial<EndsOptions> = {}): Promise<Ends & { metrics: Metrics }> => {
  const metrics = createMetrics({ service: 'spec', defaults: false });
  const ends = createEnds({ namespace: 'payments', read: async () => new Map(), pollMs: 0, metrics, ...options });
  started.push(ends);
  await ends.part.start();
  return { ...ends, metrics };
};

const noticed = async ({ metrics }: { metrics: Metrics }): Promise<Record<string, number>> => {
  const { values } = await metrics.counter({ name: 'onsale_ends_noticed_total', help: '' }).get();
  return Object.fromEntries(values.map(({ labels, value }) => [(labels as { how: string }).how, value]));
};

describe('waiting for an end', () => {
  afterEach(async () => {
    for (const ends of started.splice(0)) await ends.part.stop();
  });

  it('is over for all who wait when this process tells of it', async () => {
    const ends = await replica();
    const waits = Promise.all([ends.wait('p1', LONG_MS), ends.wait('p1', LONG_MS)]);
    ends.announce('p1');
    expect(await waits).toEqual([true, true]);
    expect(await noticed(ends)).toEqual({ process: 2 });
  });

  it('is given up in time for its answer when the process is told to stop, and not begun again', async () => {
    const ends = await replica();
    const wait = ends.wait('p1', LONG_MS);
    ends.part.drain!(20);
    expect(await wait).toBe(false);
    expect(await ends.wait('p2', LONG_MS)).toBe(false);
  });

  it('is over at once when it ended a moment before', async () => {
    const ends = await replica();
    ends.announce('p1');
    expect(await ends.wait('p1', LONG_MS)).toBe(true);
  });

  it('is over when another replica tells of it, which is counted', async () => {
    const notices = bus();
    const [one, two] = [await replica({ notices }), await replica({ notices })];
    const wait = one.wait('p1', LONG_MS);
    two.announce('p1');
    expect(await wait).toBe(true);
    expect(await noticed(one)).toEqual({ notice: 1 });
    expect(await noticed(two)).toEqual({});
  });

  it('is over when the database says so, asked once for all who wait', async () => {
    const asked: string[][] = [];
    const read = async (ids: string[]) => {
      asked.push(ids);
      return new Map(ids.map((id) => [id, true]));
    };
    const ends = await replica({ read, pollMs: 5 });
    expect(await Promise.all(['p1', 'p2', 'p3'].map((id) => ends.wait(id, LONG_MS)))).toEqual([true, true, true]);
    expect(asked).toEqual([['p1', 'p2', 'p3']]);
    expect(await noticed(ends)).toEqual({ read: 3 });
  });

  it('goes on when the database cannot be asked', async () => {
    let failures = 2;
    const read = async (ids: string[]) => {
      if (failures-- > 0) throw new Error('away');
      return new Map(ids.map((id) => [id, true]));
    };
    const ends = await replica({ read, pollMs: 5 });
    expect(await ends.wait('p1', LONG_MS)).toBe(true);
  });

  it('gives up after its time, or when nobody wants to know any more', async () => {
    const ends = await replica();
    expect(await ends.wait('p1', 5)).toBe(false);
    expect(await ends.wait('p1', 0)).toBe(false);
    const gone = new AbortController();
    const wait = ends.wait('p1', LONG_MS, gone.signal);
    gone.abort();
    expect(await wait).toBe(false);
  });
});
