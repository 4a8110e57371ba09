import type { Redis } from '@onsale/shared/redis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';

export interface PolicyOptions {
  readonly name: string;
  readonly redis: Redis;
  readonly namespace: string;
  /** Requests in a window, for each key. */
  readonly points: number;
  readonly seconds: number;
}

/** What one request left of its key's quota. */
export interface Taken {
  readonly name: string;
  readonly points: number;
  readonly seconds: number;
  readonly exceeded: boolean;
  readonly remaining: number;
  readonly resetMs: number;
}

type Limiter = RateLimiterRedis | RateLimiterMemory;

/** One rate limit: a fixed window a key, counted in Redis by `shared`, in this process by `local`. */
export const createPolicy = ({ name, redis, namespace, points, seconds }: PolicyOptions) => {
  const window = { points, duration: seconds };
  const counters = {
    // a key that is over its limit is refused without asking Redis, until its window ends
    shared: new RateLimiterRedis({
      ...window,
      storeClient: redis,
      keyPrefix: `${namespace}:limit:${name}`,
      inMemoryBlockOnConsumed: points + 1,
    }),
    local: new RateLimiterMemory({ ...window, keyPrefix: name }),
  };
  const takenOf = (result: RateLimiterRes, exceeded: boolean): Taken => ({
    name,
    points,
    seconds,
    exceeded,
    remaining: exceeded ? 0 : Math.max(0, result.remainingPoints),
    resetMs: Math.max(0, result.msBeforeNext),
  });
  /** Resolves for a limit that is exceeded too: the library rejects then. @throws Error of the store */
  const take = async (limiter: Limiter, key: string): Promise<Taken> => {
    try {
      return takenOf(await limiter.consume(key), false);
    } catch (error) {
      if (error instanceof RateLimiterRes) return takenOf(error, true);
      throw error;
    }
  };
  return {
    shared: (key: string): Promise<Taken> => take(counters.shared, key),
    local: (key: string): Promise<Taken> => take(counters.local, key),
  };
};

export type Policy = ReturnType<typeof createPolicy>;
