import { Refusal } from '../errors/index.ts';

export interface GatherOptions<Q, A> {
  /** Answers many questions, in their order. */
  readonly ask: (questions: readonly Q[]) => Promise<readonly A[]>;
  readonly maxBatch: number;
  readonly maxInFlight: number;
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
export const createGather = <Q, A>({ ask, maxBatch, maxInFlight, maxWaiting, waitMs, monotonic }: GatherOptions<Q, A>) => {
  let waiting: Waiting<Q, A>[] = [];
  let inFlight = 0;
  let scheduled = false;

  const send = async (batch: readonly Waiting<Q, A>[]): Promise<void> => {
    inFlight += 1;
    try {
      const answers = await ask(batch.map(({ question }) => question));
      if (answers.length !== batch.length) throw new Error(`${batch.length} questions, ${answers.length} answers`);
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index]!);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      inFlight -= 1;
      schedule();
    }
  };

  const mayGo = (): boolean => waiting.length > 0 && inFlight < maxInFlight;

  const flush = (): void => {
    scheduled = false;
    while (mayGo()) {
      const batch = waiting.slice(0, maxBatch);
      waiting = waiting.slice(maxBatch);
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
