import { LRUCache } from 'lru-cache';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

export interface PolicyOptions {
  readonly name: string;
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

/** Keys over their limit that are remembered: those beyond ask Redis, and are refused all the same. */
const KEPT = 50_000;

/** One rate limit: a fixed window a key. What Redis has counted is judged here; `local` counts in this process alone. */
export const createPolicy = ({ name, points, seconds }: PolicyOptions) => {
  const alone = new RateLimiterMemory({ points, duration: seconds, keyPrefix: name });
  const overUntil = new LRUCache<string, number>({ max: KEPT });
  const takenOf = (count: number, resetMs: number): Taken => ({
    name,
    points,
    seconds,
    exceeded: count > points,
    remaining: Math.max(0, points - count),
    resetMs: Math.max(0, resetMs),
  });

  return {
    name,
    seconds,
    /** A key that is over its limit is refused without asking Redis, until its window ends. */
    known: (key: string): Taken | undefined => {
      const until = overUntil.get(key);
      if (until === undefined) return undefined;
      const leftMs = until - performance.now();
      if (leftMs > 0) return takenOf(points + 1, leftMs);
      overUntil.delete(key);
      return undefined;
    },
    /** What `count` requests in a window that ends in `resetMs` mean for the last of them. */
    judged: (key: string, count: number, resetMs: number): Taken => {
      if (count > points) overUntil.set(key, performance.now() + resetMs);
      return takenOf(count, resetMs);
    },
    local: async (key: string): Promise<Taken> => {
      try {
        const { consumedPoints, msBeforeNext } = await alone.consume(key);
        return takenOf(consumedPoints, msBeforeNext);
      } catch (error) {
        if (error instanceof RateLimiterRes) return takenOf(points + 1, error.msBeforeNext); // so the library tells of a limit that is exceeded
        throw error;
      }
    },
  };
};

export type Policy = ReturnType<typeof createPolicy>;
