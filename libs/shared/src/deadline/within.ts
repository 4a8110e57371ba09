/**
 * What `done` becomes, if it does so in `ms` milliseconds; it goes on by itself when it does not. `late` names it in the error, or makes the error.
 * @throws that error when it takes longer; whatever `done` throws
 */
export const within = async <T>(ms: number, done: Promise<T>, late: string | (() => Error) = 'it'): Promise<T> => {
  const { promise: never, reject } = Promise.withResolvers<never>();
  const tooLate = (): Error => (typeof late === 'string' ? new Error(`${late} did not come within ${Math.round(ms)} ms`) : late());
  const timer = setTimeout(() => reject(tooLate()), Math.max(0, ms));
  try {
    return await Promise.race([done, never]);
  } finally {
    clearTimeout(timer);
  }
};
