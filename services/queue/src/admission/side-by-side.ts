/** Queues looked at side by side: each takes a connection of the pool for a moment. */
const AT_ONCE = 4;

/** Does `fn` for each, a few at a time. @throws what the first `fn` to fail throws; the others go on */
export const sideBySide = async <T>(all: Iterable<T>, fn: (one: T) => Promise<void>): Promise<void> => {
  const left = [...all].values();
  const work = async (): Promise<void> => {
    for (const one of left) await fn(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
};
