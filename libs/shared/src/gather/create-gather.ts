import { Refusal } from '../errors/index.ts';

export interface GatherOptions<Q, A> {
  /** Answers many questions, in their order. */
  readonly ask: (questions: readonly Q[]) => Promise<readonly A[]>;
  readonly maxBatch: number;
  readonly maxInFlight: number;
  /** Questions of one key are never under way in two calls: they wait for the one that is. */
  readonly keys?: Keys<Q>;
  readonly maxWaiting: number;
  /** Longest wait for a call to be free, and for one's key; the call keeps its own deadline. */
  readonly waitMs: number;
  /** Milliseconds that never go back. */
  readonly monotonic: () => number;
}

interface Keys<Q> {
  readonly of: (question: Q) => string;
  /** Of one key, so that a key that many ask of leaves places to others. */
  readonly maxWaiting: number;
  /** Whether questions of this key share no call with others. */
  readonly isApart: (key: string) => boolean;
  /** Of the calls under way so many at most are of keys that go apart, so that these leave room to others. */
  readonly maxApart: number;
}

interface Waiting<Q, A> {
  readonly question: Q;
  /** The same for all where there are no keys. */
  readonly key: string;
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
export const createGather = <Q, A>({ ask, maxBatch, maxInFlight, keys, maxWaiting, waitMs, monotonic }: GatherOptions<Q, A>) => {
  /** In the order in which they came. */
  let waiting: Waiting<Q, A>[] = [];
  const waitingOf = new Map<string, number>();
  const busy = new Set<string>();
  let inFlight = 0;
  let apartInFlight = 0;
  let scheduled = false;
  let watching = false;

  const count = (key: string, by: 1 | -1): void => {
    const now = (waitingOf.get(key) ?? 0) + by;
    if (now === 0) waitingOf.delete(key);
    else waitingOf.set(key, now);
  };

  const isFree = ({ key }: Waiting<Q, A>): boolean => keys === undefined || !busy.has(key);
  const isApart = (key: string): boolean => keys?.isApart(key) === true;
  const mayBegin = (one: Waiting<Q, A>): boolean => isFree(one) && (apartInFlight < (keys?.maxApart ?? 0) || !isApart(one.key));

  const send = async (batch: readonly Waiting<Q, A>[], goesApart: boolean): Promise<void> => {
    inFlight += 1;
    if (goesApart) apartInFlight += 1;
    for (const { key } of batch) busy.add(key);
    try {
      const answers = await ask(batch.map(({ question }) => question));
      if (answers.length !== batch.length) throw new Error(`${batch.length} questions, ${answers.length} answers`);
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index]!);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      inFlight -= 1;
      if (goesApart) apartInFlight -= 1;
      for (const { key } of batch) busy.delete(key);
      if (waiting.some(mayBegin)) schedule();
    }
  };

  const dropLate = (): void => {
    const latest = monotonic() - waitMs;
    const first = waiting.findIndex(({ since }) => since >= latest);
    for (const { key, reject } of waiting.splice(0, first === -1 ? waiting.length : first)) {
      count(key, -1);
      reject(overloaded());
    }
  };

  /** Nobody waits longer than that for being told, whatever is under way meanwhile. */
  const watch = (): void => {
    const [first] = waiting;
    if (watching || first === undefined) return;
    watching = true;
    const again = (): void => {
      watching = false;
      dropLate();
      watch();
    };
    setTimeout(again, Math.max(1, first.since + waitMs - monotonic())).unref();
  };

  /** The first that may go together, in their order. */
  const takeBatch = (): { readonly batch: Waiting<Q, A>[]; readonly goesApart: boolean } => {
    const first = waiting.find(mayBegin);
    if (first === undefined) return { batch: [], goesApart: false };
    const goesApart = isApart(first.key);
    const goes = goesApart
      ? ({ key }: Waiting<Q, A>): boolean => key === first.key
      : (one: Waiting<Q, A>): boolean => isFree(one) && !isApart(one.key);
    const batch: Waiting<Q, A>[] = [];
    const staying: Waiting<Q, A>[] = [];
    for (const one of waiting) (batch.length < maxBatch && goes(one) ? batch : staying).push(one);
    waiting = staying;
    for (const { key } of batch) count(key, -1);
    return { batch, goesApart };
  };

  const flush = (): void => {
    scheduled = false;
    dropLate();
    for (let calls = inFlight; calls < maxInFlight; calls += 1) {
      const { batch, goesApart } = takeBatch();
      if (batch.length === 0) return;
      void send(batch, goesApart);
    }
  };

  const schedule = (): void => {
    if (scheduled || inFlight >= maxInFlight) return;
    scheduled = true;
    setImmediate(flush);
  };

  const isFull = (key: string): boolean =>
    waiting.length >= maxWaiting || (keys !== undefined && (waitingOf.get(key) ?? 0) >= keys.maxWaiting);

  return (question: Q): Promise<A> =>
    new Promise((resolve, reject) => {
      const key = keys?.of(question) ?? '';
      if (isFull(key)) dropLate();
      if (isFull(key)) return reject(overloaded());
      const one = { question, key, since: monotonic(), resolve, reject };
      waiting.push(one);
      count(key, 1);
      if (mayBegin(one)) schedule();
      watch();
    });
};
