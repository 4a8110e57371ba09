import { over } from './journey.ts';
import type { Outcome } from './outcome.ts';
import type { Steps } from './steps.ts';

/** What a 202 says in Retry-After. */
const LOOK_MS = 1_000;

interface UntilEnded<T> {
  /** As it was answered. */
  readonly begun: T;
  readonly isUnderWay: (thing: T) => boolean;
  readonly look: () => Promise<Outcome<T>>;
}

/** What was begun, when it has ended, well or not. @throws JourneyOver when it has not within the time of an operation */
export const untilEnded = async <T>({ plan, pause, reads }: Steps, { begun, isUnderWay, look }: UntilEnded<T>): Promise<T> => {
  const deadline = performance.now() + plan.operationMs;
  let thing = begun;
  while (isUnderWay(thing)) {
    if (performance.now() > deadline) return over('unknown');
    await pause(LOOK_MS);
    thing = await reads(look);
  }
  return thing;
};
