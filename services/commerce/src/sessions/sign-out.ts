import type { Member } from '@onsale/shared/auth';
import { inTransaction, type Database } from '@onsale/shared/db';
import type { SessionAnnouncer } from './session-announcer.ts';
import { endSession } from './session-store.ts';

/**
 * Ends the member's session: its refresh tokens with the commit, its access tokens as soon as the gateway's deny-list has it. With Redis away it is
 * done all the same, and announced when Redis is back. Doing it again changes nothing.
 */
export const signOut =
  ({ db, announcer }: { db: Database; announcer: SessionAnnouncer }) =>
  async ({ id: memberId, sessionId }: Member): Promise<void> => {
    await inTransaction(db, (trx) => endSession(trx, { sessionId, memberId, by: 'SIGN_OUT' }));
    await announcer.announce(sessionId);
  };
