import { describe, expect, it } from '@jest/globals';
import { createTurns } from './turns.ts';

const later = (): number => performance.now() + 10_000;
const past = (): number => performance.now() - 1;

describe('turns', () => {
  it('serves a key in the order of arrival', async () => {
    const turns = createTurns({ maxWaiting: 10 });
    const order: number[] = [];
    const first = await turns.take(['a'], later());
    const others = [1, 2, 3].map(async (n) => {
      const turn = await turns.take(['a'], later());
      order.push(n);
      turn?.end();
    });
    expect(order).toEqual([]);
    first?.end();
    await Promise.all(others);

    expect(order).toEqual([1, 2, 3]);
  });

  it('lets callers with other keys pass at once', async () => {
    const turns = createTurns({ maxWaiting: 10 });
    await turns.take(['a'], later());
    expect(await turns.take(['b'], past())).toBeDefined();
  });

  it('never lets two with a common key have their turn together, in whatever order they name their keys', async () => {
    const turns = createTurns({ maxWaiting: 100 });
    const held = new Map<string, number>();
    let most = 0;
    const callers = Array.from({ length: 60 }, async (_, n) => {
      const pair = [`k${n % 3}`, `k${(n + 1) % 3}`];
      const turn = await turns.take(n % 2 === 0 ? pair : pair.toReversed(), later());
      for (const key of pair) most = Math.max(most, held.set(key, (held.get(key) ?? 0) + 1).get(key)!);
      await new Promise(setImmediate);
      for (const key of pair) held.set(key, held.get(key)! - 1);
      turn?.end();
    });
    await Promise.all(callers);

    expect(most).toBe(1);
  });

  it('gives up at the deadline, and gives back the keys that it had by then', async () => {
    const turns = createTurns({ maxWaiting: 10 });
    await turns.take(['b'], later());
    expect(await turns.take(['a', 'b'], past())).toBeUndefined();
    expect(await turns.take(['a'], past())).toBeDefined();
  });

  it('passes over those who gave up', async () => {
    const turns = createTurns({ maxWaiting: 10 });
    const first = await turns.take(['a'], later());
    const impatient = await turns.take(['a'], past());
    const patient = turns.take(['a'], later());
    first?.end();

    expect(impatient).toBeUndefined();
    expect(await patient).toBeDefined();
  });

  it('turns away at once who finds the line full', async () => {
    const turns = createTurns({ maxWaiting: 1 });
    const first = await turns.take(['a'], later());
    const waiting = turns.take(['a'], later());
    expect(await turns.take(['a'], later())).toBeUndefined();
    first?.end();
    expect(await waiting).toBeDefined();
  });

  it('tells who had to wait', async () => {
    const turns = createTurns({ maxWaiting: 10 });
    const first = await turns.take(['a'], later());
    const second = turns.take(['b', 'a'], later());
    const third = await turns.take(['c'], later());
    first?.end();
    expect([first?.waited, (await second)?.waited, third?.waited]).toEqual([false, true, false]);
  });

  it('takes a key that is named twice once', async () => {
    const turns = createTurns({ maxWaiting: 10 });
    const turn = await turns.take(['a', 'a'], later());
    turn?.end();
    expect(await turns.take(['a'], past())).toBeDefined();
  });
});
