import type { ServerResponse } from 'node:http';
import type { RouteSpec } from '@onsale/contracts';
import type { VerifiedAccess } from '@onsale/shared/auth';
import { Refusal } from '@onsale/shared/errors';
import { assertWithin, setLimitHeaders } from '../limits/limit-headers.ts';
import type { Asking, Limits } from '../limits/limits.ts';

interface Counting {
  readonly spec: RouteSpec;
  /** As whom. */
  readonly asking: Asking;
  /** `undefined` on routes for anybody; a refusal that waited until its request was counted. */
  readonly access: VerifiedAccess | Refusal | undefined;
}

/** While the deny-list cannot be read, members are let through (their tokens end within 10 min), operators' routes are not. */
const assertMayAsk = (spec: RouteSpec, access: VerifiedAccess, ended: boolean | 'unknown'): void => {
  if (ended === true) throw new Refusal('SESSION_ENDED', 'This session has ended. Sign in again.');
  if (spec.auth !== 'operator') return;
  if (access.role !== 'operator') throw new Refusal('FORBIDDEN', 'This is for operators.');
  if (ended === 'unknown')
    throw new Refusal('UPSTREAM_UNAVAILABLE', 'It cannot be seen whether your session has ended. Ask again.', { retryAfterSeconds: 2 });
};

/**
 * Counts a request, tells its caller of the limits, and lets it go on or not.
 * @throws Refusal RATE_LIMITED, then the one that waited, SESSION_ENDED, FORBIDDEN, UPSTREAM_UNAVAILABLE
 */
export const createCounting =
  ({ limits }: { readonly limits: Limits }) =>
  async ({ spec, asking, access }: Counting, res: ServerResponse): Promise<void> => {
    const { taken, ended } = await limits.take(asking);
    setLimitHeaders(res, taken);
    assertWithin(taken);
    if (access instanceof Refusal) throw access;
    if (access !== undefined) assertMayAsk(spec, access, ended);
  };
