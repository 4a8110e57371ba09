import { describe, expect, it } from '@jest/globals';
import { createLookup } from './create-lookup.ts';

describe('looking up', () => {
  it('reads each id once for all who ask in one turn, and answers each with its own', async () => {
    const reads: (readonly string[])[] = [];
    const lookUp = createLookup(async (ids) => {
      reads.push(ids);
      return new Map(ids.filter((id) => id !== 'none').map((id) => [id, `row of ${id}`]));
    });
    const found = await Promise.all(['a', 'b', 'a', 'none'].map(lookUp));
    expect(found).toEqual(['row of a', 'row of b', 'row of a', undefined]);
    expect(reads).toEqual([['a', 'b', 'none']]);
  });
});
