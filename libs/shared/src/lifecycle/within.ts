import { setTimeout as rest } from 'node:timers/promises';

/** @throws what `done` throws; Error when it takes longer, and goes on by itself */
export const within = async (ms: number, done: Promise<unknown>): Promise<void> => {
  const late = new AbortController();
  try {
    await Promise.race([
      done,
      rest(Math.max(0, ms), undefined, { signal: late.signal }).then(() => {
        throw new Error(`not done in ${Math.round(ms)} ms`);
      }),
    ]);
  } finally {
    late.abort();
  }
};
