import type { Redis } from 'ioredis';

/** A little longer than an access token lives (10 min), so that none outlives its entry. */
const LIFE_SECONDS = 900;

/** Hash tag of what the gateway asks Redis for every request, so that one command can ask for many requests, on a cluster too. */
export const EDGE_TAG = '{edge}';

/** Sessions that have ended while access tokens of theirs may still be valid: written by commerce, read by the gateway. */
export const endedSessions = ({ redis, namespace }: { redis: Pick<Redis, 'set' | 'exists' | 'mget'>; namespace: string }) => {
  const key = (sessionId: string): string => `${namespace}:${EDGE_TAG}:ended-session:${sessionId}`;
  return {
    key,
    end: async (sessionId: string): Promise<void> => {
      await redis.set(key(sessionId), '1', 'EX', LIFE_SECONDS);
    },
    has: async (sessionId: string): Promise<boolean> => (await redis.exists(key(sessionId))) === 1,
    /** Of many, in their order, by one command. */
    hasEach: async (sessionIds: readonly string[]): Promise<boolean[]> =>
      sessionIds.length === 0 ? [] : (await redis.mget(sessionIds.map(key))).map((ended) => ended !== null),
  };
};
