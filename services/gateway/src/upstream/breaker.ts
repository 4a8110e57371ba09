import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import CircuitBreaker from 'opossum';

interface BreakerOptions<A extends unknown[], R> {
  readonly name: string;
  /** Rejects for what the other side is to blame for, and resolves for everything else. */
  readonly action: (...args: A) => Promise<R>;
  /** Deadline of the action; none when it keeps its own. */
  readonly timeoutMs?: number;
  readonly resetMs: number;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Fewer calls than these in the 10 s window prove nothing (facts.md). */
const VOLUME = 20;
const FAILURES_PERCENT = 50;

/** Whether a call was refused because its breaker is open: nothing was tried. */
export const isOpen = (error: unknown): boolean => (Object(error) as { code?: unknown }).code === 'EOPENBREAKER';

/** A circuit breaker (opossum): opens when more than half of at least 20 calls in 10 s failed, and lets one try again every `resetMs`. */
export const createBreaker = <A extends unknown[], R>({ name, action, timeoutMs, resetMs, log, metrics }: BreakerOptions<A, R>) => {
  const open = metrics.gauge({ name: 'onsale_gateway_breaker_open', help: '1 while the breaker refuses calls', labels: ['breaker'] });
  const breaker = new CircuitBreaker<A, R>(action, {
    name,
    timeout: timeoutMs ?? false,
    resetTimeout: resetMs,
    volumeThreshold: VOLUME,
    errorThresholdPercentage: FAILURES_PERCENT,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
  });
  open.set({ breaker: name }, 0);
  breaker.on('open', () => {
    open.set({ breaker: name }, 1);
    log.warn({ breaker: name }, 'breaker opened');
  });
  breaker.on('close', () => {
    open.set({ breaker: name }, 0);
    log.info({ breaker: name }, 'breaker closed');
  });
  return {
    fire: (...args: A): Promise<R> => breaker.fire(...args),
    stop: (): void => breaker.shutdown(),
  };
};
