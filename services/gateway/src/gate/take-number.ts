import { issueTokens, type NumberGiven } from '@onsale/contracts/queue';
import { Refusal } from '@onsale/shared/errors';
import { createKeyedGather } from '@onsale/shared/gather';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import { createBreaker, isOpen } from '../upstream/breaker.ts';
import type { InternalCalls } from '../upstream/internal-calls.ts';

interface TakeNumberOptions {
  readonly queue: InternalCalls;
  readonly deadlineMs: number;
  readonly waiting: number;
  readonly breakerResetMs: number;
  /** Milliseconds that never go back. */
  readonly monotonic: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
}

interface Asked {
  readonly queueId: string;
  readonly memberId: string;
}

export type TakenNumber = Extract<NumberGiven, { token: unknown }>;

/** The contract of `issueTokens` takes so many. */
const MAX_BATCH = 200;
/** Of one queue; a newcomer to an empty one is answered when a tick has admitted it, and keeps those in the same call waiting. */
const CALLS_OF_QUEUE = 4;
/** Queues that numbers are taken in at one moment. */
const MAX_QUEUES = 1000;
/** To each replica, for all queues: one that is being put in order keeps four. */
export const NUMBER_CONNECTIONS = 32;

const away = (cause: unknown): Refusal =>
  new Refusal('UPSTREAM_UNAVAILABLE', 'The waiting room is away. Ask again.', {
    retryAfterSeconds: 2,
    ...(isOpen(cause) ? {} : { cause }),
  });

/**
 * Takes numbers in the standard lane, many of one queue in one call: when a sale opens, everybody asks for one in the same seconds, and a hop for each costs more than
 * the number. A call that failed is made again to another replica, which gives whom it knows the same place.
 * @throws Refusal as `issueToken` says; UPSTREAM_UNAVAILABLE, OVERLOADED
 */
export const createTakeNumber = ({ queue, deadlineMs, waiting, breakerResetMs, monotonic, log, metrics }: TakeNumberOptions) => {
  const breaker = createBreaker({
    name: 'numbers',
    resetMs: breakerResetMs,
    log,
    metrics,
    action: async (asked: readonly Asked[]): Promise<readonly NumberGiven[]> =>
      ((await queue.call(issueTokens, { body: { asked }, deadlineMs })) as { given: NumberGiven[] }).given,
  });
  const gathered = createKeyedGather({
    ask: (_queueId: string, asked: readonly Asked[]) => breaker.fire(asked),
    maxKeys: MAX_QUEUES,
    maxBatch: MAX_BATCH,
    maxInFlight: CALLS_OF_QUEUE,
    maxWaiting: waiting,
    waitMs: deadlineMs,
    monotonic,
  });

  return {
    take: async (asked: Asked): Promise<TakenNumber> => {
      const given = await gathered(asked.queueId, asked).catch((error: unknown) => {
        throw error instanceof Refusal ? error : away(error);
      });
      if ('token' in given) return given;
      const { code, detail, retryAfterSeconds } = given;
      throw new Refusal(code, detail, { ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) });
    },
    stop: breaker.stop,
  };
};

export type TakeNumber = ReturnType<typeof createTakeNumber>;
