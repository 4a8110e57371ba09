import type { Refused } from '@onsale/contracts';
import type { Refusal } from '../errors/index.ts';
import type { Log } from '../log/index.ts';
import { refusalOf } from './problem.ts';
import { refusedOf } from './refused.ts';

interface AnswerEachOptions<A, G> {
  readonly answer: (asked: A) => Promise<G>;
  /** What one is told who would keep the others waiting; it takes effect all the same. */
  readonly late: () => Refusal;
  /** What the log says of one that could not be answered. */
  readonly about: (asked: A) => object;
  readonly log: Log;
}

/** Longest that one keeps the others of its call waiting. */
const LATE_MS = 3000;

/** Answers many who were asked for in one call (`gatheredRoute`), in their order and each by itself: who is refused, or comes late, keeps nobody else from an answer. */
export const answerEach = <A, G extends object>({ answer, late, about, log }: AnswerEachOptions<A, G>) => {
  /** One that fails after the others were answered is in the log, too. */
  const answered = (asked: A): Promise<G | Refused> =>
    answer(asked).catch((error: unknown) => {
      const { code, cause } = refusalOf(error);
      if (code === 'INTERNAL') log.error({ err: cause, ...about(asked) }, 'one of many could not be answered');
      return refusedOf(error);
    });

  return async (asked: readonly A[]): Promise<(G | Refused)[]> => {
    const over = Promise.withResolvers<Refused>();
    const timer = setTimeout(() => over.resolve(refusedOf(late())), LATE_MS);
    try {
      return await Promise.all(asked.map((one) => Promise.race([answered(one), over.promise])));
    } finally {
      clearTimeout(timer);
    }
  };
};
