import { describe, expect, it } from '@jest/globals';
import { gatherByKey } from './gather-by-key.ts';

const recorded = () => {
  const calls: [string, number[]][] = [];
  const ask = gatherByKey(async (key: string, items: number[]) => {
    calls.push([key, items]);
    if (key === 'broken') throw new Error('broken');
    return items.map((item) => item * 10);
  });
  return { ask, calls };
};

describe('gather', () => {
  it('makes one call a key of what is asked in one turn, and answers each', async () => {
    const { ask, calls } = recorded();
    await expect(Promise.all([ask('a', 1), ask('b', 2), ask('a', 3)])).resolves.toEqual([10, 20, 30]);
    expect(calls).toEqual([
      ['a', [1, 3]],
      ['b', [2]],
    ]);
    await expect(ask('a', 4)).resolves.toBe(40);
    expect(calls).toHaveLength(3);
  });

  it('makes several of what is too much for one', async () => {
    const { ask, calls } = recorded();
    await Promise.all(Array.from({ length: 2500 }, (_, i) => ask('a', i)));
    expect(calls.map(([, items]) => items.length)).toEqual([1000, 1000, 500]);
  });

  it('fails for those alone whose call failed', async () => {
    const { ask } = recorded();
    const answers = await Promise.allSettled([ask('broken', 1), ask('a', 2), ask('broken', 3)]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
  });
});
