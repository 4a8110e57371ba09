import { setTimeout as rest } from 'node:timers/promises';

export interface EventuallyOptions {
  /** A deadline against a hang, never an assertion about speed. */
  readonly withinMs?: number;
  readonly everyMs?: number;
}

/**
 * Calls `fn` until it no longer throws, and answers with its value: `await eventually(() => expect(seen).toEqual([1, 2]))`. This is how tests wait.
 * @throws the last error of `fn`, when `withinMs` has passed
 */
export const eventually = async <T>(fn: () => T | Promise<T>, { withinMs = 30_000, everyMs = 20 }: EventuallyOptions = {}): Promise<T> => {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await fn();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await rest(everyMs);
  }
};
