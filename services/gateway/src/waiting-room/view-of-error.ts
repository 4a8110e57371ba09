import { meaningOf, refusalOf, requestIdOf } from '@onsale/shared/http';
import type { Log } from '@onsale/shared/log';
import type { Request } from 'express';
import type { View } from './view.ts';

interface ViewOfErrorOptions {
  /** From [0, 1): spreads the times at which browsers come back after an outage. */
  readonly random: () => number;
  readonly log: Log;
}

/** What stands in the way of a page, for people. What nobody designed is logged, and says nothing of itself. */
export const viewOfError = (error: unknown, req: Request, { random, log }: ViewOfErrorOptions): View => {
  const refusal = refusalOf(error);
  const retryAfterSeconds = Math.ceil((refusal.retryAfterSeconds ?? 2) + 3 * random());
  switch (refusal.code) {
    case 'RATE_LIMITED':
      return { kind: 'too-often', retryAfterSeconds };
    case 'UPSTREAM_UNAVAILABLE':
    case 'OVERLOADED':
    case 'TIMEOUT':
      return { kind: 'away', retryAfterSeconds, inLine: /onsale-queue-/.test(req.headers.cookie ?? '') };
    case 'NOT_FOUND':
      return { kind: 'unknown' };
    case 'INTERNAL':
      log.error({ err: refusal.cause ?? refusal }, 'a page of the waiting room failed');
      return { kind: 'broken', requestId: requestIdOf(req) };
    default:
      return { kind: 'refused', status: meaningOf(refusal.code).status, detail: refusal.detail };
  }
};
