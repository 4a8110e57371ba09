/** Asks of one key that came in the same turn of the event loop become one call of at most this many, unless its caller wants fewer. */
const MOST = 1000;

interface Ask<I, O> {
  readonly item: I;
  readonly resolve: (answer: O) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers what is asked of one key in one turn of the event loop into one call, which answers in the order of its items. A call that fails fails
 * for all that it was made for.
 */
export const gatherByKey = <K, I, O>(call: (key: K, items: I[]) => Promise<O[]>, most: number = MOST) => {
  let asked = new Map<K, Ask<I, O>[]>();

  const send = async (key: K, asks: readonly Ask<I, O>[]): Promise<void> => {
    try {
      const answers = await call(
        key,
        asks.map(({ item }) => item),
      );
      asks.forEach(({ resolve }, i) => resolve(answers[i]!));
    } catch (error) {
      for (const { reject } of asks) reject(error);
    }
  };

  const flush = (): void => {
    const now = asked;
    asked = new Map();
    for (const [key, asks] of now) {
      for (let from = 0; from < asks.length; from += most) void send(key, asks.slice(from, from + most));
    }
  };

  return (key: K, item: I): Promise<O> =>
    new Promise((resolve, reject) => {
      if (asked.size === 0) setImmediate(flush);
      const asks = asked.get(key) ?? [];
      asks.push({ item, resolve, reject });
      asked.set(key, asks);
    });
};
