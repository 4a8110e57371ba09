/** Things that are lent to one at a time, in the order in which they are asked for. */
export const createPool = <T>() => {
  const all: T[] = [];
  const free: T[] = [];
  const waiting: ((one: T) => void)[] = [];
  const give = (one: T): void => {
    const next = waiting.shift();
    if (next === undefined) free.push(one);
    else next(one);
  };
  return {
    add: (one: T): void => {
      all.push(one);
      give(one);
    },
    /** Lends one to `use`. */
    with: async <R>(use: (one: T) => Promise<R>): Promise<R> => {
      const one = free.shift() ?? (await new Promise<T>((resolve) => waiting.push(resolve)));
      try {
        return await use(one);
      } finally {
        give(one);
      }
    },
    all: (): readonly T[] => all,
  };
};
