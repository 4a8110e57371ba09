import { isRefused, MOST_GATHERED, type BodyOf, type gatheredRoute, type Refused } from '@onsale/contracts';
import { Refusal, tooLate } from '@onsale/shared/errors';
import { createKeyedGather } from '@onsale/shared/gather';
import { refusalOfRefused } from '@onsale/shared/http';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import type { z } from 'zod';
import { away } from './away.ts';
import { createBreaker, isOpen } from './breaker.ts';
import { isLate, type InternalCalls } from './internal-calls.ts';

type GatheredRoute = ReturnType<typeof gatheredRoute>;
type AskedOf<R extends GatheredRoute> = BodyOf<R>['asked'][number];
type Told<R extends GatheredRoute> = z.output<R['answers'][200]>['given'][number];

/** What who is not refused is given. */
export type GivenOf<R extends GatheredRoute> = Exclude<Told<R>, Refused>;

interface GatheredCallsOptions<R extends GatheredRoute> {
  /** Of the breaker. */
  readonly name: string;
  readonly route: R;
  readonly calls: InternalCalls;
  /** Those of one key go together: the queue, the coupon. One that is slow keeps no other waiting. */
  readonly keyOf: (asked: AskedOf<R>) => string;
  /** What is told to be away when nobody answers; a part of the shop, when left out. */
  readonly what?: string;
  readonly deadlineMs: number;
  readonly waiting: number;
  readonly breakerResetMs: number;
  /** Milliseconds that never go back. */
  readonly monotonic: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Of one key; the slowest of a call keeps the others of it waiting, for seconds at most (`answerEach`). */
const CALLS_OF_KEY = 4;
/** Keys that are asked about at one moment. */
const MAX_KEYS = 1000;
/** Longer than a replica that works keeps a call (`answerEach`): one that has not answered by then is frozen, and another is asked. */
export const GATHERED_TRY_MS = 4000;
/** To each replica, for all keys of a route: one that is slow keeps four. */
export const GATHERED_CONNECTIONS = 32;

/**
 * Asks a service for many members in one call: when a sale opens, everybody asks for the same thing in the same seconds, and a hop for each costs more than what is
 * asked for. Each has an answer of its own. A call that failed is made again to another replica, so whoever is asked for twice is told the same (`gatheredRoute`).
 */
export const createGatheredCalls = <R extends GatheredRoute>(options: GatheredCallsOptions<R>) => {
  const { name, route, calls, keyOf, what, deadlineMs, waiting, breakerResetMs, monotonic, log, metrics } = options;
  const breaker = createBreaker({
    name,
    resetMs: breakerResetMs,
    log,
    metrics,
    provesNothing: (error) => error instanceof Refusal, // too many are under way: nobody was asked
    action: async (asked: readonly AskedOf<R>[]): Promise<readonly Told<R>[]> =>
      ((await calls.call(route, { body: { asked }, deadlineMs })) as { given: Told<R>[] }).given,
  });
  const gathered = createKeyedGather({
    ask: (_key: string, asked: readonly AskedOf<R>[]) => breaker.fire(asked),
    maxKeys: MAX_KEYS,
    maxBatch: MOST_GATHERED,
    maxInFlight: CALLS_OF_KEY,
    maxWaiting: waiting,
    waitMs: deadlineMs,
    monotonic,
  });
  const refusalOf = (error: unknown): Refusal => {
    if (error instanceof Refusal) return error;
    if (isLate(error)) return tooLate(error);
    return away(isOpen(error) ? undefined : error, what);
  };

  return {
    /** @throws Refusal as the service has it for this one; UPSTREAM_UNAVAILABLE, TIMEOUT, OVERLOADED */
    ask: async (asked: AskedOf<R>): Promise<GivenOf<R>> => {
      const given = await gathered(keyOf(asked), asked).catch((error: unknown) => {
        throw refusalOf(error);
      });
      if (isRefused(given)) throw refusalOfRefused(given);
      return given as GivenOf<R>;
    },
    stop: breaker.stop,
  };
};

export type GatheredCalls<R extends GatheredRoute> = ReturnType<typeof createGatheredCalls<R>>;
