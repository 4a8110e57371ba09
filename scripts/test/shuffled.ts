/**
 * The items in an order that depends on nothing but the seed and their keys, so that a spec file which only passes after another is found, and the
 * order can be had again. Fisher-Yates by mulberry32, a small generator that is good enough to shuffle and the same everywhere.
 */
export function shuffled<T>(items: readonly T[], { seed, keyOf }: { seed: number; keyOf: (item: T) => string }): T[] {
  const order = [...items].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const random = mulberry32(seed);
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] as T, order[last] as T];
  }
  return order;
}

/** Numbers in [0, 1) that the seed alone decides. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
