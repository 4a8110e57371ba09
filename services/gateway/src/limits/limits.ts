import { createGather } from '@onsale/shared/gather';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import type { Redis } from '@onsale/shared/redis';
import { createBreaker, isOpen } from '../upstream/breaker.ts';
import { createPolicy, type Policy, type PolicyOptions, type Taken } from './policy.ts';
import { createSharedCounts, type Counted, type Question } from './shared-counts.ts';

export interface LimitsOptions {
  readonly redis: Redis;
  readonly namespace: string;
  readonly policies: Readonly<Record<PolicyName, Omit<PolicyOptions, 'name'>>>;
  /** Redis gets this long, then the process counts for itself. */
  readonly deadlineMs: number;
  readonly breakerResetMs: number;
  readonly log: Log;
  readonly metrics: Metrics;
}

export type PolicyName = 'member' | 'address' | 'sign-in';

export interface Asking {
  /** Which limits this request counts for, and as whom. */
  readonly keys: readonly { readonly policy: PolicyName; readonly key: string }[];
  /** Looked up in the deny-list. */
  readonly sessionId: string | undefined;
}

export interface Verdict {
  readonly taken: readonly Taken[];
  /** Whether the session is on the deny-list; `unknown` while Redis is away. */
  readonly ended: boolean | 'unknown';
}

/** Requests of one command: more would hold Redis for a millisecond. */
const MAX_BATCH = 400;
/** Beyond them limits are counted in this process. */
const MAX_WAITING = 10_000;
/** It answers within a fraction of a millisecond: what comes meanwhile makes the next command larger, and each costs two system calls. */
const MAX_IN_FLIGHT = 1;

/**
 * Rate limits and the deny-list of ended sessions: what the requests of one turn of the event loop want to know takes one command. Redis slow or
 * away: limits are counted in this process alone, and nothing is known of sessions.
 */
export const createLimits = ({ redis, namespace, policies, deadlineMs, breakerResetMs, log, metrics }: LimitsOptions) => {
  const policyOf = (name: PolicyName): Policy => createPolicy({ ...policies[name], name });
  const all: Record<PolicyName, Policy> = { member: policyOf('member'), address: policyOf('address'), 'sign-in': policyOf('sign-in') };
  const local = metrics.counter({
    name: 'onsale_gateway_limits_local_total',
    help: 'Requests whose limits were counted in this process, since Redis was slow or away',
  });
  const count = createSharedCounts({ redis, namespace });
  const breaker = createBreaker({
    name: 'limits',
    timeoutMs: deadlineMs,
    resetMs: breakerResetMs,
    log,
    metrics,
    action: (questions: readonly Question[]): Promise<Counted[]> => count(questions),
  });
  const gathered = createGather({
    ask: (questions: readonly Question[]) => breaker.fire(questions),
    maxBatch: MAX_BATCH,
    maxInFlight: MAX_IN_FLIGHT,
    maxWaiting: MAX_WAITING,
    waitMs: deadlineMs,
    monotonic: () => performance.now(),
  });

  const takeShared = async ({ keys, sessionId }: Asking): Promise<Verdict> => {
    const known = keys.map(({ policy, key }) => all[policy].known(key));
    const asked = keys.filter((_, i) => known[i] === undefined);
    if (asked.length === 0 && sessionId === undefined) return { taken: known as Taken[], ended: false };
    const counters = asked.map(({ policy, key }) => ({ policy, key, seconds: all[policy].seconds }));
    const { counts, ended } = await gathered({ counters, sessionId });
    const judged = asked.map(({ policy, key }, i) => all[policy].judged(key, counts[i]!.count, counts[i]!.resetMs)).values();
    return { taken: known.map((taken) => taken ?? judged.next().value!), ended };
  };

  return {
    /** Counts the request. Never rejects: a Redis that is away is no reason to refuse anybody. */
    take: async (asking: Asking): Promise<Verdict> => {
      try {
        return await takeShared(asking);
      } catch (error) {
        if (!isOpen(error)) log.debug({ err: error }, 'limits are counted in this process');
        local.inc();
        const taken = await Promise.all(asking.keys.map(({ policy, key }) => all[policy].local(key)));
        return { ended: asking.sessionId === undefined ? false : 'unknown', taken };
      }
    },
    stop: breaker.stop,
  };
};

export type Limits = ReturnType<typeof createLimits>;
