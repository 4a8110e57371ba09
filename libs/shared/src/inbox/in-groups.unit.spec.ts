import { describe, expect, it } from '@jest/globals';
import { eventually } from '../testing/index.ts';
import { inGroups } from './in-groups.ts';
import type { Outcome, Received } from './receive.ts';

/** Messages by name, and what became of them; whoever is in `faults` fails its group, and itself with that. */
const given = ({ concurrency = 4, faults = {} }: { concurrency?: number; faults?: Record<string, Error> } = {}) => {
  const transactions: string[] = [];
  const sizes: number[] = [];
  let held: Promise<void> | undefined;
  let [underWay, most] = [0, 0];
  const nameOf = ({ message }: Received): string => message.id;
  const transaction = async (names: readonly string[]): Promise<void> => {
    underWay += 1;
    most = Math.max(most, underWay);
    await held;
    await Promise.resolve();
    underWay -= 1;
    transactions.push(names.join('+'));
    const fault = names.find((name) => faults[name] !== undefined);
    if (fault !== undefined) throw faults[fault]!;
  };
  const receive = inGroups({
    together: async (group): Promise<Outcome[]> => {
      await transaction(group.map(nameOf));
      return group.map((received) => (nameOf(received).startsWith('copy') ? 'repeated' : 'done'));
    },
    alone: async (received): Promise<Outcome> => {
      await transaction([nameOf(received)]);
      return 'done';
    },
    isAway: (error) => (error as Error).message === 'away',
    concurrency,
    onGroup: (size) => sizes.push(size),
  });
  const outcomeOf = (name: string): Promise<string> =>
    receive({ message: { id: name } } as Received).catch((error: Error) => error.message);
  return {
    transactions,
    sizes,
    most: () => most,
    comes: (...names: string[]) => Promise.all(names.map(outcomeOf)),
    holds: () => {
      const hold = Promise.withResolvers<void>();
      held = hold.promise;
      return hold.resolve;
    },
  };
};
const many = (count: number): string[] => Array.from({ length: count }, (_, n) => `m${n}`);

describe('messages', () => {
  it('that come alone are received alone', async () => {
    const { comes, transactions, sizes } = given();
    expect(await comes('a')).toEqual(['done']);
    expect(await comes('b')).toEqual(['done']);
    expect(transactions).toEqual(['a', 'b']);
    expect(sizes).toEqual([]);
  });

  it('that come at once share a transaction', async () => {
    const { comes, transactions, sizes } = given();
    expect(await comes('a', 'b', 'c')).toEqual(['done', 'done', 'done']);
    expect(transactions).toEqual(['a+b+c']);
    expect(sizes).toEqual([3]);
  });

  it('are each told what became of them', async () => {
    const { comes } = given();
    expect(await comes('a', 'copy of b', 'c')).toEqual(['done', 'repeated', 'done']);
  });

  it('wait, while two groups are under way, for the next', async () => {
    const { comes, holds, transactions, most } = given();
    const release = holds();
    const all = comes(...many(16), ...many(16), 'a', 'b', 'c');
    await eventually(() => expect(most()).toBe(2));
    release();
    expect(new Set(await all)).toEqual(new Set(['done']));
    expect(transactions).toEqual([many(16).join('+'), many(16).join('+'), 'a+b+c']);
    expect(most()).toBe(2);
  });

  it('are received alone when one of their group fails, and none has the fault of another', async () => {
    const { comes, transactions, sizes } = given({ faults: { b: new Error('poison') } });
    expect(await comes('a', 'b', 'c')).toEqual(['done', 'poison', 'done']);
    expect(transactions[0]).toBe('a+b+c');
    expect(transactions.slice(1).toSorted()).toEqual(['a', 'b', 'c']);
    expect(sizes).toEqual([]);
  });

  it('are not tried one by one at an engine that is away', async () => {
    const { comes, transactions } = given({ faults: { b: new Error('away') } });
    expect(await comes('a', 'b', 'c')).toEqual(['away', 'away', 'away']);
    expect(transactions).toEqual(['a+b+c']);
  });

  it.each([1, 2, 3, 5])('take no more than %s transactions at a time, failed groups included', async (concurrency) => {
    const { comes, most } = given({ concurrency, faults: { m3: new Error('poison'), m20: new Error('poison') } });
    const ends = await comes(...many(40));
    expect(ends.filter((end) => end === 'done')).toHaveLength(38);
    expect(most()).toBeLessThanOrEqual(concurrency);
  });
});
