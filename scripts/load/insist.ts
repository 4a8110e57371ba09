import { setTimeout as rest } from 'node:timers/promises';
import type { Outcome } from './outcome.ts';
import { restMs, verdictOfAnswer, verdictOfFailure, type Verdict } from './verdict.ts';

interface InsistOptions {
  /** No attempt begins later than this after the first. */
  readonly withinMs: number;
  /** From [0, 1). */
  readonly random: () => number;
  /** Ends the resting; what was asked is left as it is then. */
  readonly signal?: AbortSignal;
}

/** What all attempts of one request came to. */
export interface Asked<B> {
  readonly attempts: number;
  /** The last answer, a problem too; absent when none came. */
  readonly last?: Outcome<B>;
  /** Nobody can say whether it was done: no answer came that tells. */
  readonly unknown: boolean;
}

export type Insist = <B>(attempt: () => Promise<Outcome<B>>) => Promise<Asked<B>>;

/** Refused at the gateway's gates, where nobody looks whether an earlier attempt was done. */
const saysNothingOfEarlier = ({ status }: Outcome<unknown>): boolean => status === 401 || status === 403;

/**
 * Sends the same request again, with the same key, until an answer tells what came of it or the time is over.
 * @throws the signal's reason between two attempts; whatever an attempt throws that is no failure of the wire
 */
export const createInsist =
  ({ withinMs, random, signal }: InsistOptions): Insist =>
  async <B>(attempt: () => Promise<Outcome<B>>): Promise<Asked<B>> => {
    const deadline = performance.now() + withinMs;
    let mayHaveHappened = false;
    let last: Outcome<B> | undefined;
    for (let attempts = 1; ; attempts += 1) {
      signal?.throwIfAborted();
      let verdict: Verdict;
      try {
        last = await attempt();
        verdict = verdictOfAnswer(last);
      } catch (error) {
        verdict = verdictOfFailure(error);
      }
      if (verdict.is === 'answered') return { attempts, last: last!, unknown: mayHaveHappened && saysNothingOfEarlier(last!) };
      mayHaveHappened ||= verdict.mayHaveHappened;
      const { retryAfterMs } = verdict;
      const pause = restMs({ tries: attempts, random: random(), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
      if (performance.now() + pause > deadline) return { attempts, unknown: mayHaveHappened, ...(last === undefined ? {} : { last }) };
      await rest(pause, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
    }
  };
