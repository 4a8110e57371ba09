import TestSequencer from '@jest/test-sequencer';

/**
 * The order of spec files, drawn from jest's seed (`--seed`), so that a file which only passes after another is found, and the order can be
 * had again. Jest's `--randomize` shuffles the tests inside a file by the same seed.
 */
// oxlint-disable-next-line import/no-default-export -- jest takes the default export
export default class ShuffledSequencer extends TestSequencer {
  constructor(options) {
    super(options);
    this.seed = options.globalConfig?.seed ?? 0;
  }

  sort(tests) {
    const inFixedOrder = [...tests].sort((a, b) => (a.path < b.path ? -1 : 1));
    return shuffled(inFixedOrder, this.seed);
  }
}

/** Fisher-Yates by mulberry32, a small generator that is good enough to shuffle and gives the same order for the same seed everywhere. */
function shuffled(items, seed) {
  let state = seed >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [items[last], items[other]] = [items[other], items[last]];
  }
  return items;
}
