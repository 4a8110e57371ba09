import { CallProblem } from '@onsale/contracts';
import { eventually } from './eventually.ts';

/** By these a service sends a client off for now, without a word on what is asked. */
const FOR_NOW = new Set(['BUSY', 'IDEMPOTENCY_IN_FLIGHT', 'OVERLOADED', 'UPSTREAM_UNAVAILABLE', 'TIMEOUT']);

/**
 * Calls again, with a rest, for as long as the answer is a problem that sends the client off for now: `call` has one Idempotency-Key for all its tries.
 * @throws every other problem at once, and after a minute whatever the last one was
 */
export const insisted = async <T>(call: () => Promise<T>): Promise<T> => {
  const last = await eventually(
    async () => {
      try {
        return { value: await call() };
      } catch (error) {
        if (error instanceof CallProblem && FOR_NOW.has(error.code)) throw error;
        return { error };
      }
    },
    { withinMs: 60_000, everyMs: 50 + 50 * Math.random() },
  );
  if ('error' in last) throw last.error;
  return last.value;
};
