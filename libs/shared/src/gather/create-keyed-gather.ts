import { LRUCache } from 'lru-cache';
import { createGather, type GatherOptions } from './create-gather.ts';

interface KeyedGatherOptions<Q, A> extends Omit<GatherOptions<Q, A>, 'ask'> {
  /** Answers many questions of one key, in their order. */
  readonly ask: (key: string, questions: readonly Q[]) => Promise<readonly A[]>;
  /** Keys that are asked about at the same time; with more of them, those of one key may go apart. */
  readonly maxKeys: number;
}

/** A `createGather` for each key: its bounds are those of one key. */
export const createKeyedGather = <Q, A>({ ask, maxKeys, ...limits }: KeyedGatherOptions<Q, A>) => {
  const gathers = new LRUCache<string, (question: Q) => Promise<A>>({ max: maxKeys });
  return (key: string, question: Q): Promise<A> => {
    const gather = gathers.get(key) ?? createGather<Q, A>({ ...limits, ask: (questions) => ask(key, questions) });
    gathers.set(key, gather);
    return gather(question);
  };
};
