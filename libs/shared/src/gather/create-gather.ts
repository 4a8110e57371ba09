import { Refusal } from '../errors/index.ts';

export interface GatherOptions<Q, A> {
  /** Answers many questions, in their order. */
  readonly ask: (questions: readonly Q[]) => Promise<readonly A[]>;
  readonly maxBatch: number;
  readonly maxInFlight: number;
  /** Questions with one of these in common are never under way in two calls: they wait for the one that is. */
  readonly keyOf?: (question: Q) => string;
  readonly maxWaiting: number;
  /** Longest wait for a call to be free; the call keeps its own deadline. */
  readonly waitMs: number;
  /** Milliseconds that never go back. */
  readonly monotonic: () => number;
}

interface Waiting<Q, A> {
  readonly question: Q;
  readonly since: number;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: unknown) => void;
}

const overloaded = (): Refusal => new Refusal('OVERLOADED', 'Too much at once. Ask again in a moment.', { retryAfterSeconds: 1 });

/**
 * Gathers single questions into calls: those of one turn of the event loop go together, at most `maxInFlight` calls are under way, and
 * what comes meanwhile waits for the next one. So the load on the other side is bounded by its own speed, not by the number of askers.
 * @throws Refusal OVERLOADED when too many wait, or one has waited too long
 */
export const createGather = <Q, A>({ ask, maxBatch, maxInFlight, keyOf, maxWaiting, waitMs, monotonic }: GatherOptions<Q, A>) => {
  let waiting: Waiting<Q, A>[] = [];
  let inFlight = 0;
  let scheduled = false;
  const busy = new Set<string>();

  const send = async (batch: readonly Waiting<Q, A>[]): Promise<void> => {
    inFlight += 1;
    const keys = keyOf === undefined ? [] : batch.map(({ question }) => keyOf(question));
    for (const key of keys) busy.add(key);
    try {
      const answers = await ask(batch.map(({ question }) => question));
      if (answers.length !== batch.length) throw new Error(`${batch.length} questions, ${answers.length} answers`);
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index]!);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      inFlight -= 1;
      for (const key of keys) busy.delete(key);
      schedule();
    }
  };

  const isFree = ({ question }: Waiting<Q, A>): boolean => keyOf === undefined || !busy.has(keyOf(question));
  const mayGo = (): boolean => inFlight < maxInFlight && waiting.some(isFree);

  /** The first that may go together, in their order. */
  const takeBatch = (): Waiting<Q, A>[] => {
    const batch: Waiting<Q, A>[] = [];
    const staying: Waiting<Q, A>[] = [];
    for (const one of waiting) (batch.length < maxBatch && isFree(one) ? batch : staying).push(one);
    waiting = staying;
    return batch;
  };

  const flush = (): void => {
    scheduled = false;
    while (mayGo()) {
      const batch = takeBatch();
      const latest = monotonic() - waitMs;
      const inTime = batch.filter(({ since }) => since >= latest);
      for (const { since, reject } of batch) if (since < latest) reject(overloaded());
      if (inTime.length > 0) void send(inTime);
    }
  };

  const schedule = (): void => {
    if (scheduled || !mayGo()) return;
    scheduled = true;
    setImmediate(flush);
  };

  return (question: Q): Promise<A> =>
    new Promise((resolve, reject) => {
      if (waiting.length >= maxWaiting) return reject(overloaded());
      waiting.push({ question, since: monotonic(), resolve, reject });
      schedule();
    });
};
