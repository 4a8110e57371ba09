import { Id } from '@onsale/contracts';
import type { OwnSession } from '@onsale/contracts/commerce';
import type { Member } from '@onsale/shared/auth';
import { inTransaction, type Database } from '@onsale/shared/db';
import { notFound } from '@onsale/shared/errors';
import { decodeCursor, pageOf, type Page } from '@onsale/shared/paging';
import type { SessionAnnouncer } from './session-announcer.ts';
import { endSession, endSessionsOf, isSessionOf, listLive, type LiveSession } from './session-store.ts';

interface Deps {
  readonly db: Database;
  readonly announcer: SessionAnnouncer;
}

/** What a member sees and ends of its own sessions. */
export const ownSessions = ({ db, announcer }: Deps) => ({
  /** Newest first. @throws Refusal VALIDATION_FAILED for a cursor of another list */
  list: async (member: Member, { limit, cursor }: { limit: number; cursor?: string | undefined }): Promise<Page<OwnSession>> => {
    const viewOf = ({ id, createdAt, expiresAt }: LiveSession): OwnSession => ({
      id,
      createdAt: createdAt.toISOString(),
      expiresAt: expiresAt.toISOString(),
      current: id === member.sessionId,
    });
    const rows = await listLive(db, { memberId: member.id, before: decodeCursor(Id, cursor), limit: limit + 1 });
    return pageOf(rows, { limit, keyOf: ({ id }) => id, view: viewOf });
  },

  /** Ends one, be it the one that asks. One that has ended stays so. @throws Refusal NOT_FOUND for unknown and foreign ones */
  end: async ({ id: memberId }: Member, sessionId: string): Promise<void> => {
    await inTransaction(db, async (trx) => {
      if (!(await isSessionOf(trx, { sessionId, memberId }))) throw notFound('session');
      await endSession(trx, { sessionId, memberId, by: 'MEMBER' });
    });
    await announcer.announce(sessionId);
  },

  /** Ends all but the one that asks. */
  endOthers: async ({ id: memberId, sessionId }: Member): Promise<void> => {
    await announcer.announceAll(await inTransaction(db, (trx) => endSessionsOf(trx, { memberId, by: 'MEMBER', keep: sessionId })));
  },
});

export type OwnSessions = ReturnType<typeof ownSessions>;
