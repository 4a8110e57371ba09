/**
 * What `done` becomes, if it does so in `ms` milliseconds; it goes on by itself when it does not. `what` names it in the error.
 * @throws Error when it takes longer; whatever `done` throws
 */
export const within = async <T>(ms: number, done: Promise<T>, what = 'it'): Promise<T> => {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what} did not come within ${Math.round(ms)} ms`)), Math.max(0, ms));
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
};
