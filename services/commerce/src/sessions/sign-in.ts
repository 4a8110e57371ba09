import type { TokenSession } from '@onsale/contracts/commerce';
import { afterCommit, inTransaction, type Database } from '@onsale/shared/db';
import { Refusal } from '@onsale/shared/errors';
import type { NewId } from '@onsale/shared/ids';
import { findCredentials, shareMember, type Credentials } from '../members/member-store.ts';
import type { Passwords } from '../passwords/passwords.ts';
import { hashOf, newRefreshToken } from './refresh-token.ts';
import type { SessionAnnouncer } from './session-announcer.ts';
import { endOldest, insertSession, insertToken } from './session-store.ts';
import type { SessionTokens } from './session-tokens.ts';
import type { SignInLimit } from './sign-in-limit.ts';

/** Sessions of one member: the oldest end when there are more. People have a few; what ends all of them is one short step. */
const MOST_SESSIONS = 50;

interface Deps {
  readonly db: Database;
  readonly passwords: Passwords;
  readonly limit: SignInLimit;
  readonly newId: NewId;
  readonly sessionTokens: SessionTokens;
  readonly refreshLifeSeconds: number;
  readonly announcer: SessionAnnouncer;
}

export interface SignIn {
  readonly email: string;
  readonly password: string;
  readonly signal?: AbortSignal;
}

export class InvalidCredentials extends Refusal {
  constructor() {
    super('INVALID_CREDENTIALS', 'No member has this email and this password.');
  }
}

/**
 * Begins a session, and ends the member's oldest beyond 50. An unknown email and a wrong password are one case to the caller: the same steps, time and answer.
 * @throws InvalidCredentials; TooManySignIns after too many of those; Overloaded when too many passwords wait to be checked
 */
export const signIn = ({ db, passwords, limit, newId, sessionTokens, refreshLifeSeconds, announcer }: Deps) => {
  const check = async ({ email, password, signal }: SignIn): Promise<Credentials | undefined> => {
    const credentials = await findCredentials(db, email);
    return (await passwords.isRight(password, credentials?.passwordHash, signal)) ? credentials : undefined;
  };

  return async (given: SignIn): Promise<TokenSession> => {
    const { email } = given;
    await limit.count(email);
    const credentials = await check(given).catch(async (error: unknown) => {
      await limit.giveBack(email);
      throw error;
    });
    if (credentials === undefined) throw new InvalidCredentials();
    await limit.forget(email);

    const refreshToken = newRefreshToken();
    const session = { sessionId: newId(), tokenHash: hashOf(refreshToken), lifeSeconds: refreshLifeSeconds };
    const member = await inTransaction(db, async (trx) => {
      const found = await shareMember(trx, credentials); // first: a change of its role or password comes before this session or ends it
      if (found === undefined) throw new InvalidCredentials();
      await insertSession(trx, session, found.id);
      await insertToken(trx, session);
      const ended = await endOldest(trx, { memberId: found.id, most: MOST_SESSIONS });
      afterCommit(trx, () => announcer.announceAll(ended));
      return found;
    });
    return sessionTokens({ member, sessionId: session.sessionId }, refreshToken);
  };
};
