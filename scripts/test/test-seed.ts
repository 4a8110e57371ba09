/** The seed of this run's order: the one that was asked for, else a fresh one. Jest takes any 32-bit integer. @throws when what was asked for is no such integer */
export function testSeed(wanted: string | undefined, fresh: () => number): number {
  if (!wanted) return fresh();
  const seed = Number(wanted);
  if (!Number.isInteger(seed) || seed < -(2 ** 31) || seed >= 2 ** 31)
    throw new RangeError(`ONSALE_TEST_SEED is ${wanted}, and must be a 32-bit integer`);
  return seed;
}
