/** At most `size` pieces of work at a time; the others wait in the order in which they came. */
export const createGate = (size: number) => {
  const waiting: (() => void)[] = [];
  let free = size;
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((go) => waiting.push(go));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
};

export type Gate = ReturnType<typeof createGate>;

export interface LanesOptions<M> {
  readonly messages: readonly M[];
  readonly keyOf: (message: M) => string;
  readonly handle: (message: M) => Promise<void>;
  readonly gate: Gate;
  /** Once true, nothing new is begun. */
  readonly halted: () => boolean;
  /** Called whenever the number of messages from the start of the list that are all handled has grown. */
  readonly onPrefix: (count: number) => void;
}

/**
 * Handles a batch: messages of one key one after the other, different keys side by side as the gate lets them. An error ends the key that it
 * came from, and nothing new is begun; what is under way ends first.
 * @throws the first error
 */
export const inLanes = async <M>({ messages, keyOf, handle, gate, halted, onPrefix }: LanesOptions<M>): Promise<void> => {
  const lanes = new Map<string, number[]>();
  messages.forEach((message, index) => {
    const lane = lanes.get(keyOf(message));
    if (lane === undefined) lanes.set(keyOf(message), [index]);
    else lane.push(index);
  });

  const handled = new Set<number>();
  let prefix = 0;
  let failure: { readonly error: unknown } | undefined;

  const settle = (index: number): void => {
    handled.add(index);
    const before = prefix;
    while (handled.delete(prefix)) prefix += 1;
    if (prefix > before) onPrefix(prefix);
  };

  const run = async (lane: readonly number[]): Promise<void> => {
    for (const index of lane) {
      await gate(async () => {
        if (failure !== undefined || halted()) return;
        try {
          await handle(messages[index]!);
          settle(index);
        } catch (error) {
          failure ??= { error };
        }
      });
      if (failure !== undefined || halted()) return;
    }
  };
  await Promise.all([...lanes.values()].map(run));
  if (failure !== undefined) throw failure.error;
};
