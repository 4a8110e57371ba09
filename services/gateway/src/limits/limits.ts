import { endedSessions } from '@onsale/shared/auth';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import type { Redis } from '@onsale/shared/redis';
import { createBreaker, isOpen } from '../upstream/breaker.ts';
import { createPolicy, type Policy, type PolicyOptions, type Taken } from './policy.ts';

export interface LimitsOptions {
  readonly redis: Redis;
  readonly namespace: string;
  readonly policies: Readonly<Record<PolicyName, Omit<PolicyOptions, 'name' | 'redis' | 'namespace'>>>;
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

/**
 * Rate limits and the deny-list of ended sessions: their commands leave together and take one round trip. Redis slow or away: limits are
 * counted in this process alone, and nothing is known of sessions.
 */
export const createLimits = ({ redis, namespace, policies, deadlineMs, breakerResetMs, log, metrics }: LimitsOptions) => {
  const policyOf = (name: PolicyName): Policy => createPolicy({ ...policies[name], name, redis, namespace });
  const all: Record<PolicyName, Policy> = { member: policyOf('member'), address: policyOf('address'), 'sign-in': policyOf('sign-in') };
  const sessions = endedSessions({ redis, namespace });
  const local = metrics.counter({
    name: 'onsale_gateway_limits_local_total',
    help: 'Requests whose limits were counted in this process, since Redis was slow or away',
  });
  const breaker = createBreaker({
    name: 'limits',
    timeoutMs: deadlineMs,
    resetMs: breakerResetMs,
    log,
    metrics,
    action: async ({ keys, sessionId }: Asking): Promise<Verdict> => {
      const [ended, ...taken] = await Promise.all([
        sessionId === undefined ? false : sessions.has(sessionId),
        ...keys.map(({ policy, key }) => all[policy].shared(key)),
      ]);
      return { ended, taken };
    },
  });

  return {
    /** Counts the request. Never rejects: a Redis that is away is no reason to refuse anybody. */
    take: async (asking: Asking): Promise<Verdict> => {
      try {
        return await breaker.fire(asking);
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
