/**
 * What `done` becomes, if it does so in time; it goes on anyway.
 * @throws Error when it does not; whatever `done` throws
 */
export const within = async <T>(ms: number, done: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not done in ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
};
