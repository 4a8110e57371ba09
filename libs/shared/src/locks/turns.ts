export interface Turn {
  /** Whether it had to be waited for. */
  readonly waited: boolean;
  readonly end: () => void;
}

/** Lines of waiters within one process, one line a key, served in the order of arrival. */
export interface Turns {
  /**
   * Waits for its turn with all of the keys; `undefined` when it did not come by `deadline` (of `performance.now()`) or a line is full. Keys are
   * taken in one order everywhere, so nobody waits in a circle.
   */
  take(keys: readonly string[], deadline: number): Promise<Turn | undefined>;
}

type Waiter = () => void;

/** At most `maxWaiting` wait for a key: who stands behind them would not be served in time anyway. */
export const createTurns = ({ maxWaiting }: { maxWaiting: number }): Turns => {
  /** A key that has a line is taken; its holder is not in the line. */
  const lines = new Map<string, Set<Waiter>>();

  const join = (key: string, deadline: number): boolean | Promise<boolean> => {
    const line = lines.get(key);
    if (line === undefined) {
      lines.set(key, new Set());
      return true;
    }
    if (line.size >= maxWaiting) return false;
    return new Promise((resolve) => {
      const waiter = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(
        () => {
          line.delete(waiter);
          resolve(false);
        },
        Math.max(0, deadline - performance.now()),
      );
      line.add(waiter);
    });
  };

  const pass = (key: string): void => {
    const line = lines.get(key);
    const [next] = line ?? [];
    if (line === undefined || next === undefined) {
      lines.delete(key);
      return;
    }
    line.delete(next);
    next();
  };

  return {
    take: async (keys, deadline) => {
      const taken: string[] = [];
      let waited = false;
      const end = (): void => taken.splice(0).forEach(pass);
      for (const key of [...new Set(keys)].sort()) {
        waited ||= lines.has(key);
        if (!(await join(key, deadline))) {
          end();
          return undefined;
        }
        taken.push(key);
      }
      return { waited, end };
    },
  };
};
