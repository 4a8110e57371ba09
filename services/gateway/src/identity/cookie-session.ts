import type { TokenSession } from '@onsale/contracts/commerce';
import { claimedAccess } from '@onsale/shared/auth';
import { Refusal } from '@onsale/shared/errors';
import type { HeldCookies } from './cookies.ts';

/** The refresh cookie was set by somebody else. */
export class OtherSession extends Refusal {
  constructor() {
    super('SESSION_ENDED', 'The refresh cookie is not of the session that this browser is in. Sign in again.');
  }
}

/**
 * That a session refreshed by a cookie is the one which the browser has its access token of. The name of the refresh cookie (`__Secure-`, for its narrower path)
 * does not keep a sibling of our host from setting one, so that a browser could be moved to a session of whoever did; the name of the access cookie
 * (`__Host-`) does. So it is only read here, and not verified: it may be long over, and its key withdrawn. Both are set at once and kept as long.
 * @throws OtherSession; the cookies are left as they are
 */
export const assertSameSession = ({ accessToken }: HeldCookies, renewed: Pick<TokenSession, 'accessToken'>): void => {
  const held = accessToken === undefined ? undefined : claimedAccess(accessToken);
  const given = claimedAccess(renewed.accessToken);
  if (held !== undefined && given !== undefined && held.memberId === given.memberId && held.sessionId === given.sessionId) return;
  throw new OtherSession();
};
