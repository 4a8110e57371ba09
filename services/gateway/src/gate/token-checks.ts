import { checkTokens, type Sale, type TokenCheckResult } from '@onsale/contracts/queue';
import type { QueueTokenPayload } from '@onsale/shared/auth';
import { Refusal } from '@onsale/shared/errors';
import { createGather } from '@onsale/shared/gather';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import { LRUCache } from 'lru-cache';
import type { InternalCalls } from '../upstream/internal-calls.ts';
import { createBreaker, isOpen } from '../upstream/breaker.ts';

interface TokenChecksOptions {
  readonly queue: InternalCalls;
  readonly deadlineMs: number;
  readonly waiting: number;
  readonly breakerResetMs: number;
  /** Milliseconds that never go back. */
  readonly monotonic: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly cached?: number;
}

interface Held {
  readonly token: string;
  readonly payload: QueueTokenPayload;
}

/** The contract of `checkTokens` takes so many. */
const MAX_BATCH = 1000;
/** Two calls in flight keep the queue busy; more only make the batches smaller. */
const MAX_IN_FLIGHT = 2;
/** An ADMITTED answer is kept for a second at most. */
const KEPT_MS = 1000;

/** What the queue says of a token, and of the sale that it is for. */
export type TokenState = TokenCheckResult & Partial<Omit<Sale, 'queueId'>>;

/** The queue tells what all tokens of a sale have in common once. */
const withSales = (
  tokens: readonly QueueTokenPayload[],
  { results, sales }: { results: TokenCheckResult[]; sales?: Sale[] },
): TokenState[] => {
  if (sales === undefined) return results;
  const byQueue = new Map(sales.map(({ queueId, ...sale }) => [queueId, sale]));
  return results.map((result, i) => Object.assign(result, byQueue.get(tokens[i]?.queueId ?? '')));
};

const away = (cause: unknown): Refusal =>
  new Refusal('UPSTREAM_UNAVAILABLE', 'The waiting room is away. Your place is kept; ask again.', {
    retryAfterSeconds: 2,
    ...(isOpen(cause) ? {} : { cause }),
  });

/** What the queue says of tokens whose signature has been checked, asked for in gathered calls. Away: refused, never let through. */
export const createTokenChecks = (options: TokenChecksOptions) => {
  const { queue, deadlineMs, waiting, breakerResetMs, monotonic, log, metrics, cached = 50_000 } = options;
  const admittedUntil = new LRUCache<string, number>({ max: cached });
  const size = metrics.histogram({
    name: 'onsale_gateway_token_check_batch',
    help: 'Tokens in one gathered call to the queue',
    buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000],
  });
  const breaker = createBreaker({
    name: 'token-checks',
    resetMs: breakerResetMs,
    log,
    metrics,
    action: async (tokens: readonly QueueTokenPayload[]): Promise<readonly TokenState[]> => {
      size.observe(tokens.length);
      const answer = await queue.call(checkTokens, { body: { tokens }, deadlineMs });
      return withSales(tokens, answer as { results: TokenCheckResult[]; sales?: Sale[] });
    },
  });
  const gather = createGather({
    ask: (tokens: readonly QueueTokenPayload[]) => breaker.fire(tokens),
    maxBatch: MAX_BATCH,
    maxInFlight: MAX_IN_FLIGHT,
    maxWaiting: waiting,
    waitMs: deadlineMs,
    monotonic,
  });

  /** `asked` is from before the question, so that the answer never outlives the admission. */
  const remember = (token: string, asked: number, { status, remainingMs }: TokenCheckResult): void => {
    if (status === 'ADMITTED' && remainingMs !== undefined) admittedUntil.set(token, asked + Math.min(KEPT_MS, remainingMs));
    else admittedUntil.delete(token);
  };

  /** Asks the queue. @throws Refusal UPSTREAM_UNAVAILABLE, OVERLOADED */
  const check = async (token: string, payload: QueueTokenPayload): Promise<TokenState> => {
    const asked = monotonic();
    const result = await gather(payload).catch((error: unknown) => {
      throw error instanceof Refusal ? error : away(error);
    });
    remember(token, asked, result);
    return result;
  };

  return {
    check,
    /**
     * Asks of many tokens in one call of its own, beside the gathered ones: requests never stand behind it. At most `MAX_BATCH`, answered in their order.
     * @throws Error when the queue is away
     */
    checkMany: async (held: readonly Held[]): Promise<readonly TokenState[]> => {
      const asked = monotonic();
      const results = await breaker.fire(held.map(({ payload }) => payload));
      if (results.length !== held.length) throw new Error(`${held.length} questions, ${results.length} answers`);
      for (const [index, { token }] of held.entries()) remember(token, asked, results[index]!);
      return results;
    },
    /** `undefined` while the token is known to be admitted, else what the queue says now. */
    unlessAdmitted: async (token: string, payload: QueueTokenPayload): Promise<TokenState | undefined> => {
      if ((admittedUntil.get(token) ?? 0) > monotonic()) return undefined;
      const result = await check(token, payload);
      return result.status === 'ADMITTED' ? undefined : result;
    },
    /** The member has left, or is about to: the next question goes to the queue. */
    forget: (token: string): void => {
      admittedUntil.delete(token);
    },
    stop: breaker.stop,
  };
};

export type TokenChecks = ReturnType<typeof createTokenChecks>;
