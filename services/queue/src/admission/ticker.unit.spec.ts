import { afterEach, describe, expect, it } from '@jest/globals';
import { createMetrics } from '@onsale/shared/metrics';
import { captureLog, eventually } from '@onsale/shared/testing';
import { createTicker, type Ticker, type TickerOptions } from './ticker.ts';

const NEVER_AGAIN_MS = 3_600_000;

const started: Ticker[] = [];
afterEach(() => Promise.all(started.splice(0).map((ticker) => ticker.part.stop())));

const given = async (steps: Partial<TickerOptions> = {}): Promise<{ ticker: Ticker; looked: string[] }> => {
  const looked: string[] = [];
  const ticker = createTicker({
    endExpired: async () => new Set(),
    openDue: async () => new Set(),
    tellLine: async () => {},
    admitNext: async (queueId) => {
      looked.push(queueId);
      return { admitted: 0, empty: true };
    },
    line: { busy: async () => ['a', 'b', 'c'].map((queueId) => ({ queueId, markedMs: Date.now() })), unmarkBusy: async () => {} },
    tickMs: NEVER_AGAIN_MS,
    log: captureLog().log,
    metrics: createMetrics({ service: 'queue', defaults: false }),
    ...steps,
  });
  started.push(ticker);
  await ticker.part.start();
  return { ticker, looked };
};

describe('a tick', () => {
  it('is not held up by an opening that takes long, and looks at once at what has opened', async () => {
    const opening = Promise.withResolvers<Set<string>>();
    const { ticker, looked } = await given({ openDue: () => opening.promise });
    await ticker.settled('a');
    expect(looked).toEqual(expect.arrayContaining(['a', 'b', 'c']));
    opening.resolve(new Set(['opened']));
    await eventually(async () => expect(looked).toContain('opened'));
  });

  it('looks at those alone for which it was woken, and those that were freed', async () => {
    const freed = new Set<string>();
    let turns = 0;
    const endExpired = async () => {
      turns += 1;
      return new Set(freed);
    };
    const { ticker, looked } = await given({ endExpired });
    await ticker.settled('a');
    await ticker.settled('a');
    looked.length = 0;
    freed.add('freed');
    const before = turns;
    const first = ticker.settled('b');
    await new Promise((resolve) => setImmediate(resolve)); // a wake while a turn gathers them has another turn come after it
    await Promise.all([first, ticker.settled('b')]);
    await eventually(async () => expect(turns).toBeGreaterThanOrEqual(before + 2));
    await ticker.settled('b');
    expect(new Set(looked)).toEqual(new Set(['b', 'freed']));
  });

  it('goes on looking at a queue whose mark an emptied Redis has lost, until it is empty', async () => {
    let marked = ['full', 'empty'];
    const looked: string[] = [];
    await given({
      tickMs: 10,
      line: { busy: async () => marked.map((queueId) => ({ queueId, markedMs: Date.now() })), unmarkBusy: async () => {} },
      admitNext: async (queueId) => {
        looked.push(queueId);
        return { admitted: 0, empty: queueId === 'empty' };
      },
    });
    const fullAgain = async (times: number): Promise<void> => {
      looked.length = 0;
      await eventually(() => expect(looked.filter((queueId) => queueId === 'full').length).toBeGreaterThanOrEqual(times));
    };
    await eventually(() => expect(looked).toContain('empty'));
    marked = [];
    await fullAgain(2); // the turn that was under way is over
    await fullAgain(3);
    expect(looked).not.toContain('empty');
  });

  it('looks at all in its time, however often it is woken for one', async () => {
    const looked = { a: 0, b: 0 };
    const { ticker } = await given({
      tickMs: 50,
      admitNext: async (queueId) => {
        looked[queueId as 'a' | 'b'] += 1;
        if (queueId === 'b') ticker.wake('b');
        return { admitted: 0, empty: true };
      },
    });
    await eventually(async () => expect(looked.a).toBeGreaterThan(3));
  });
});
