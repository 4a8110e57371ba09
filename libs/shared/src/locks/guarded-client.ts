import type { RedlockClient } from 'redlock';
import type { Log } from '../log/index.ts';
import { isRedisAway, type Redis } from '../redis/index.ts';

/** After a failure Redis is left alone for this long; then one call tries it. */
const REST_MS = 1000;

/** What redlock talks to: the client, but away for everybody at once when one call found it so, instead of after a time-out each. */
export interface GuardedClient extends RedlockClient {
  isAway(): boolean;
}

/** The error is Redis's own answer, so Redis is there: NOSCRIPT, a script that failed; not one that fails over. */
const isReply = (error: unknown): boolean => error instanceof Error && error.name === 'ReplyError' && !isRedisAway(error);

/** Wraps a client in a circuit breaker; a change of its state is logged once. */
export const createGuardedClient = ({ redis, log }: { redis: Redis; log: Log }): GuardedClient => {
  let restUntil: number | undefined;

  const isAway = (): boolean => redis.status !== 'ready' || (restUntil !== undefined && performance.now() < restUntil);

  const answered = (): void => {
    if (restUntil !== undefined) log.info('locks are back');
    restUntil = undefined;
  };

  const guard = async (call: () => Promise<unknown>): Promise<unknown> => {
    if (isAway()) throw new Error('redis is away');
    if (restUntil !== undefined) restUntil = performance.now() + REST_MS; // this call is the one that tries; the others go on without
    try {
      const answer = await call();
      answered();
      return answer;
    } catch (error) {
      if (isReply(error)) {
        answered();
        throw error;
      }
      if (restUntil === undefined) log.warn({ err: error }, 'no locks: the database decides alone');
      restUntil = performance.now() + REST_MS;
      throw error;
    }
  };

  return {
    isAway,
    evalsha: (hash, keyCount, values) => guard(() => redis.evalsha(hash, keyCount, ...values)),
    eval: (script, keyCount, values) => guard(() => redis.eval(script, keyCount, ...values)),
  };
};
