import { describe, expect, it } from '@jest/globals';
import { createGate, inLanes } from './key-lanes.ts';

interface Item {
  readonly key: string;
  readonly name: string;
}

/** Work that each test ends by hand. */
const bench = (names: string, atOnce = 8) => {
  const messages: Item[] = names.split(' ').map((name) => ({ key: name[0]!, name }));
  const begun: string[] = [];
  const prefixes: number[] = [];
  const open = new Map<string, PromiseWithResolvers<void>>();
  const state = { halted: false };
  const done = inLanes({
    messages,
    keyOf: ({ key }) => key,
    gate: createGate(atOnce),
    halted: () => state.halted,
    onPrefix: (count) => prefixes.push(count),
    handle: ({ name }) => {
      begun.push(name);
      const work = Promise.withResolvers<void>();
      open.set(name, work);
      return work.promise;
    },
  });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return {
    begun,
    prefixes,
    state,
    done,
    start: settled,
    end: async (name: string) => {
      open.get(name)!.resolve();
      await settled();
    },
    fail: async (name: string) => {
      open.get(name)!.reject(new Error(name));
      await settled();
    },
  };
};

describe('inLanes', () => {
  it('handles one key in order and other keys beside it', async () => {
    const { begun, start, end, done } = bench('a1 a2 b1');
    await start();
    expect(begun).toEqual(['a1', 'b1']);
    await end('a1');
    expect(begun).toEqual(['a1', 'b1', 'a2']);
    await end('b1');
    await end('a2');
    await done;
  });

  it('has no more under way than the gate lets in', async () => {
    const { begun, start, end } = bench('a1 b1 c1', 2);
    await start();
    expect(begun).toEqual(['a1', 'b1']);
    await end('b1');
    expect(begun).toEqual(['a1', 'b1', 'c1']);
  });

  it('tells of what is handled only without gaps, so that no offset passes a message that is under way', async () => {
    const { prefixes, start, end } = bench('a1 b1 c1');
    await start();
    await end('c1');
    await end('b1');
    expect(prefixes).toEqual([]);
    await end('a1');
    expect(prefixes).toEqual([3]);
  });

  it('begins nothing after a failure, ends what is under way, and then tells of it', async () => {
    const { begun, prefixes, start, end, fail, done } = bench('a1 b1 a2 c1', 2);
    const failure = expect(done).rejects.toThrow('b1');
    await start();
    await fail('b1');
    await end('a1');
    await failure;
    expect(begun).toEqual(['a1', 'b1']);
    expect(prefixes).toEqual([1]);
  });

  it('begins nothing once halted', async () => {
    const { begun, state, start, end, done } = bench('a1 a2');
    await start();
    state.halted = true;
    await end('a1');
    await done;
    expect(begun).toEqual(['a1']);
  });
});
