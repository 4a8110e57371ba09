/** Something that runs beside the requests: a relay, a consumer, a sweeper. Each may be called once; `stop` ends what is under way first. */
export interface Part {
  readonly name: string;
  start(): Promise<void>;
  /** No more requests are taken, and those under way have so long: whatever lets them wait does so no longer than that. */
  drain?(withinMs: number): void;
  /** Told to all parts before the first is stopped: begins nothing new, and ends early what may be left to others. For what no other part needs. */
  halt?(): void;
  /** Of the time in which all parts are stopped, so much is this one's, however long those before it take. */
  readonly reservedMs?: number;
  stop(): Promise<void>;
}

export interface LoopOptions {
  readonly name: string;
  readonly everyMs: number;
  /** One turn. A turn never overlaps the one before; its errors go to `onError`. */
  readonly turn: (signal: AbortSignal) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/** A part that takes a turn every `everyMs` (with up to 20 % of jitter, so that replicas do not march in step), and at once when woken. */
export const loop = ({ name, everyMs, turn, onError }: LoopOptions): Part & { wake(): void; halt(): void } => {
  const stopping = new AbortController();
  let ended: Promise<void> | undefined;
  let woken = false;
  let ring: (() => void) | undefined;

  const rest = (): Promise<void> =>
    new Promise((resolve) => {
      if (woken || stopping.signal.aborted) return resolve();
      const timer = setTimeout(resolve, everyMs * (1 + 0.2 * Math.random()));
      ring = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const go = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      woken = false;
      try {
        await turn(stopping.signal);
      } catch (error) {
        onError(error);
      }
      await rest();
    }
  };

  const halt = (): void => {
    stopping.abort();
    ring?.();
  };

  return {
    name,
    start: async () => {
      ended ??= go();
    },
    wake: () => {
      woken = true;
      ring?.();
    },
    halt,
    stop: async () => {
      halt();
      await ended;
    },
  };
};
