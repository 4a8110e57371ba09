import { createHash } from 'node:crypto';
import { Refusal } from '@onsale/shared/errors';
import type { Redis } from '@onsale/shared/redis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';

export class TooManySignIns extends Refusal {
  constructor(msUntilNext: number) {
    super('RATE_LIMITED', 'Too many wrong passwords for this account. Ask again later.', { retryAfterSeconds: msUntilNext / 1000 });
  }
}

export interface SignInLimit {
  /** Counts a try before it is made, so that many at once cannot outrun the count. @throws TooManySignIns */
  count(account: string): Promise<void>;
  /** The try was none: nobody looked at the password. */
  giveBack(account: string): Promise<void>;
  /** The password was right: the account starts afresh. */
  forget(account: string): Promise<void>;
}

interface Options {
  readonly redis: Redis;
  readonly namespace: string;
  readonly failures: number;
  readonly windowSeconds: number;
}

/**
 * Limits the wrong passwords of one account, whether it exists or not, over all replicas, named by its email where somebody signs in, by its member where
 * one who is signed in shows a password; the gateway limits those of one address. While Redis is
 * away each process counts by itself.
 */
export const createSignInLimit = ({ redis, namespace, failures, windowSeconds }: Options): SignInLimit => {
  const limits = { points: failures, duration: windowSeconds, keyPrefix: `${namespace}:sign-in` };
  const limiter = new RateLimiterRedis({
    ...limits,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    insuranceLimiter: new RateLimiterMemory(limits),
  });
  /** Redis need not know who signs in here. */
  const keyOf = (account: string): string => createHash('sha256').update(account).digest('base64url');

  return {
    count: async (account) => {
      try {
        await limiter.consume(keyOf(account));
      } catch (error) {
        throw error instanceof RateLimiterRes ? new TooManySignIns(error.msBeforeNext) : error;
      }
    },
    giveBack: async (account) => {
      await limiter.reward(keyOf(account));
    },
    forget: async (account) => {
      await limiter.delete(keyOf(account));
    },
  };
};
