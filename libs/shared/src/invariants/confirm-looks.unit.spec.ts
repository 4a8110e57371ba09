import { describe, expect, it } from '@jest/globals';
import { confirmLooks } from './confirm-looks.ts';

/** A look that sees the next of these each time, and the last one for ever. */
const look = (...seen: string[][]) => {
  let looks = 0;
  return {
    invariant: 'I9',
    says: 'all is well',
    find: async () => seen[Math.min(looks++, seen.length - 1)]!,
    looks: () => looks,
  };
};
const confirmed = async (seen: ReturnType<typeof look>) => (await confirmLooks([seen], { patienceMs: 50, firstRestMs: 1 }))[0]!;

describe('confirmLooks', () => {
  it('looks once where nothing contradicts', async () => {
    const calm = look([]);
    expect(await confirmed(calm)).toEqual({ invariant: 'I9', says: 'all is well', violations: 0, offenders: [] });
    expect(calm.looks()).toBe(1);
  });

  it('counts what is seen in every look, however much else comes and goes', async () => {
    const finding = await confirmed(look(['a', 'b'], ['b', 'c']));
    expect(finding).toMatchObject({ violations: 1, offenders: ['b'] });
  });

  it('forgets what was only under way', async () => {
    const moving = look(['a'], ['b'], ['c']);
    expect((await confirmed(moving)).violations).toBe(0);
    expect(moving.looks()).toBe(2);
  });

  it('takes what a generator finds, names the first ten and counts all', async () => {
    async function* many() {
      for (let n = 10; n < 40; n += 1) yield String(n);
    }
    const [finding] = await confirmLooks([{ invariant: 'I1', says: 'few', find: many }], { patienceMs: 0 });
    expect(finding!.violations).toBe(30);
    expect(finding!.offenders).toEqual(['10', '11', '12', '13', '14', '15', '16', '17', '18', '19']);
  });
});
