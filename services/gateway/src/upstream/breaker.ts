import { within } from '@onsale/shared/deadline';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import CircuitBreaker from 'opossum';

interface BreakerOptions<A extends unknown[], R> {
  readonly name: string;
  /** Rejects for what the other side is to blame for, and resolves for everything else. */
  readonly action: (...args: A) => Promise<R>;
  /** Rejections that say nothing of the other side: neither success nor failure. None when left out. */
  readonly provesNothing?: (error: unknown) => boolean;
  /** Deadline of the action; none when it keeps its own. */
  readonly timeoutMs?: number;
  readonly resetMs: number;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Fewer calls than these in the 10 s window prove nothing. */
const VOLUME = 20;
const FAILURES_PERCENT = 50;

class BreakerOpen extends Error {
  constructor(name: string) {
    super(`breaker ${name} is open`);
    this.name = 'BreakerOpen';
  }
}

/** Whether a call was refused because its breaker is open: nothing was tried. */
export const isOpen = (error: unknown): boolean => error instanceof BreakerOpen;

/** The window and the state of opossum, told only of what is known: it would count every call when it begins, and has but two outcomes. */
const createState = ({ name, resetMs, log, metrics }: Pick<BreakerOptions<[], unknown>, 'name' | 'resetMs' | 'log' | 'metrics'>) => {
  const open = metrics.gauge({ name: 'onsale_gateway_breaker_open', help: '1 while the breaker refuses calls', labels: ['breaker'] });
  const state = new CircuitBreaker((outcome: Promise<unknown>) => outcome, {
    name,
    timeout: false,
    resetTimeout: resetMs,
    volumeThreshold: VOLUME,
    errorThresholdPercentage: FAILURES_PERCENT,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
  });
  open.set({ breaker: name }, 0);
  state.on('open', () => {
    open.set({ breaker: name }, 1);
    log.warn({ breaker: name }, 'breaker opened');
  });
  state.on('halfOpen', () => log.debug({ breaker: name }, 'breaker lets one try'));
  state.on('close', () => {
    open.set({ breaker: name }, 0);
    log.info({ breaker: name }, 'breaker closed');
  });
  return state;
};

/**
 * A circuit breaker (opossum): opens when more than half of at least 20 calls that ended in 10 s failed, and lets one try again every
 * `resetMs`. One that proves nothing is not counted, and leaves the trial to the next.
 */
export const createBreaker = <A extends unknown[], R>(options: BreakerOptions<A, R>) => {
  const { name, action, provesNothing = () => false, timeoutMs } = options;
  const state = createState(options);
  let trying = false;

  const call = async (args: A): Promise<R> => {
    const outcome = timeoutMs === undefined ? action(...args) : within(timeoutMs, action(...args), 'the answer');
    const told = await outcome.then(
      () => true,
      (error: unknown) => !provesNothing(error),
    );
    // one that ends after the breaker has opened is refused by opossum, which is right: it has been decided without it
    if (told) await state.fire(outcome).catch(() => undefined);
    return outcome;
  };

  return {
    /** @throws what the action throws, and what `isOpen` knows */
    fire: async (...args: A): Promise<R> => {
      if (state.opened || (state.halfOpen && trying)) throw new BreakerOpen(name);
      if (!state.halfOpen) return call(args);
      trying = true;
      try {
        return await call(args);
      } finally {
        trying = false;
      }
    },
    stop: (): void => state.shutdown(),
  };
};
