import type { Member, TokenSession } from '@onsale/contracts/commerce';
import { inTransaction, type Database, type Trx } from '@onsale/shared/db';
import { Refusal } from '@onsale/shared/errors';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import { findMember } from '../members/member-store.ts';
import { judgeRefresh, type RefreshPolicy } from './judge-refresh.ts';
import { hashOf, newRefreshToken } from './refresh-token.ts';
import type { SessionAnnouncer } from './session-announcer.ts';
import { endSession, insertToken, lockToken, markUsed, prolongSession } from './session-store.ts';
import type { SessionTokens } from './session-tokens.ts';

interface Deps {
  readonly db: Database;
  readonly announcer: SessionAnnouncer;
  readonly sessionTokens: SessionTokens;
  readonly refreshLifeSeconds: number;
  readonly policy: RefreshPolicy;
  readonly log: Log;
  readonly metrics: Metrics;
}

export class SessionEnded extends Refusal {
  constructor() {
    super('SESSION_ENDED', 'This session has ended, or never was. Sign in again.');
  }
}

/** One session was asked for more new tokens at once than any number of tabs needs. */
export class TooManyRefreshes extends Refusal {
  constructor() {
    super('RATE_LIMITED', 'This refresh token was used too often. Use the newest one.', { retryAfterSeconds: 1 });
  }
}

type Outcome =
  | { readonly kind: 'renewed'; readonly member: Member; readonly sessionId: string }
  | { readonly kind: 'reused'; readonly memberId: string; readonly sessionId: string }
  | { readonly kind: 'ended' }
  | { readonly kind: 'too often' };

/**
 * Gives new tokens for a refresh token, which is spent by it. Used again within the grace it gets a sibling; used later, somebody has a copy of it,
 * and the whole session ends, at the gateway too. Of a refresh and a sign-out at once the session's row lets one come first.
 * @throws SessionEnded; TooManyRefreshes
 */
export const refreshSession = ({ db, announcer, sessionTokens, refreshLifeSeconds, policy, log, metrics }: Deps) => {
  const reuses = metrics.counter({
    name: 'onsale_refresh_token_reuses_total',
    help: 'Sessions ended because a spent refresh token came back',
  });

  const decide = async (trx: Trx, tokenHash: Buffer, nextHash: Buffer): Promise<Outcome> => {
    const token = await lockToken(trx, tokenHash);
    if (token === undefined) return { kind: 'ended' };
    const { sessionId, memberId } = token;
    const verdict = judgeRefresh(token, token.now, policy);
    switch (verdict) {
      case 'ended':
      case 'too often':
        return { kind: verdict };
      case 'reused':
        await endSession(trx, { sessionId, memberId, by: 'REUSE' });
        return { kind: 'reused', sessionId, memberId };
      case 'renew': {
        const member = await findMember(trx, memberId);
        if (member === undefined) return { kind: 'ended' };
        const next = { sessionId, tokenHash: nextHash, lifeSeconds: refreshLifeSeconds };
        await markUsed(trx, tokenHash);
        await insertToken(trx, next);
        await prolongSession(trx, next);
        return { kind: 'renewed', sessionId, member };
      }
      default:
        return verdict satisfies never;
    }
  };

  return async (refreshToken: string): Promise<TokenSession> => {
    const next = newRefreshToken();
    const outcome = await inTransaction(db, (trx) => decide(trx, hashOf(refreshToken), hashOf(next)));
    switch (outcome.kind) {
      case 'renewed':
        return sessionTokens(outcome, next);
      case 'reused':
        reuses.inc();
        log.warn({ sessionId: outcome.sessionId, memberId: outcome.memberId }, 'a spent refresh token came back: session ended');
        await announcer.announce(outcome.sessionId);
        throw new SessionEnded();
      case 'ended':
        throw new SessionEnded();
      case 'too often':
        throw new TooManyRefreshes();
      default:
        return outcome satisfies never;
    }
  };
};
