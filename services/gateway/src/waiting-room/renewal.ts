import { refreshSession, type TokenSession } from '@onsale/contracts/commerce';
import { Refusal } from '@onsale/shared/errors';
import { assertSameSession, OtherSession } from '../identity/cookie-session.ts';
import { SESSIONS_PATH, type Cookies } from '../identity/cookies.ts';
import type { InternalCalls } from '../upstream/internal-calls.ts';
import { seeOther, type Answer } from './answers.ts';
import { pagePath } from './page-path.ts';
import type { Visit } from './visit.ts';
import type { Visitor } from './visitor.ts';

interface RenewalOptions {
  /** Absent where sessions are not ours. */
  readonly commerce: InternalCalls | undefined;
  readonly cookies: Cookies;
}

/** Half of the grace (10 s) that commerce gives the token before: a browser whose answer came too late asks again by that one. */
const DEADLINE_MS = 5000;
/** Below the path of the refresh cookie, which browsers send nowhere else. */
export const RENEWAL_PATH = `${SESSIONS_PATH}/waiting-room/`;

export const renewalPath = ({ queueId, next, first }: Visit): string =>
  `${RENEWAL_PATH}${pagePath(queueId, { next, first }).slice('/waiting-room/'.length)}`;

/**
 * The way round by which a page without a script, open for longer than an access token lives, renews its session: there and back by redirects. It changes nothing
 * but the browser's own tokens, so it may be a GET.
 * @throws Refusal UPSTREAM_UNAVAILABLE when commerce is away: the session is as it was
 */
export const createRenewal = ({ commerce, cookies }: RenewalOptions) => {
  return async (visit: Visit, { credentials }: Visitor): Promise<Answer> => {
    const back = pagePath(visit.queueId, { ...visit, renewed: true });
    const held = credentials.cookies;
    if (held.refreshToken === undefined || commerce === undefined) return seeOther(back);
    try {
      const body = { refreshToken: held.refreshToken };
      const session = (await commerce.call(refreshSession, {
        body,
        deadlineMs: DEADLINE_MS,
        principal: { kind: 'anonymous' },
      })) as TokenSession;
      assertSameSession(held, session);
      return seeOther(back, cookies.session(session));
    } catch (error) {
      if (error instanceof OtherSession) return seeOther(back); // to the form to sign in
      if (error instanceof Refusal && (error.code === 'SESSION_ENDED' || error.code === 'VALIDATION_FAILED'))
        return seeOther(back, cookies.noSession(held));
      throw error;
    }
  };
};
