import type { Queryable, Trx } from '@onsale/shared/db';
import { bytesToId, idToBytes } from '@onsale/shared/ids';
import type { KnownToken } from './judge-refresh.ts';

/** Times are the database's, so that every replica judges a token by one clock. */
const inSeconds = (db: Queryable, seconds: number) => db.raw('NOW(3) + INTERVAL ? SECOND', [seconds]);

export type EndedBy = 'SIGN_OUT' | 'MEMBER' | 'REUSE' | 'ROLE_CHANGE' | 'PASSWORD_CHANGE' | 'TOO_MANY' | 'DELETION';

export interface NewToken {
  readonly sessionId: string;
  readonly tokenHash: Buffer;
  readonly lifeSeconds: number;
}

export const insertSession = async (trx: Trx, { sessionId, lifeSeconds }: NewToken, memberId: string): Promise<void> => {
  await trx('sessions').insert({
    id: idToBytes(sessionId),
    member_id: idToBytes(memberId),
    created_at: trx.raw('NOW(3)'),
    expires_at: inSeconds(trx, lifeSeconds),
  });
};

export const insertToken = async (trx: Trx, { sessionId, tokenHash, lifeSeconds }: NewToken): Promise<void> => {
  await trx('refresh_tokens').insert({
    hash: tokenHash,
    session_id: idToBytes(sessionId),
    issued_at: trx.raw('NOW(3)'),
    expires_at: inSeconds(trx, lifeSeconds),
  });
};

export interface LockedToken extends KnownToken {
  readonly sessionId: string;
  readonly memberId: string;
  /** The database's time when it was asked. */
  readonly now: Date;
}

interface LockedRow {
  readonly session_id: Buffer;
  readonly member_id: Buffer;
  readonly expires_at: Date;
  readonly used_at: Date | null;
  readonly uses: number;
  readonly ended_at: Date | null;
  readonly now: Date;
}

/** Locks the token's row, then its session's: after it, no other refresh and no end of that session can come between. */
export const lockToken = async (trx: Trx, tokenHash: Buffer): Promise<LockedToken | undefined> => {
  const row: LockedRow | undefined = await trx('refresh_tokens as t')
    .join('sessions as s', 's.id', 't.session_id')
    .where('t.hash', tokenHash)
    .forUpdate()
    .first('t.session_id', 's.member_id', 't.expires_at', 't.used_at', 't.uses', 's.ended_at', trx.raw('NOW(3) AS now'));
  return row === undefined
    ? undefined
    : {
        sessionId: bytesToId(row.session_id),
        memberId: bytesToId(row.member_id),
        expiresAt: row.expires_at,
        usedAt: row.used_at ?? undefined,
        uses: row.uses,
        sessionEndedAt: row.ended_at ?? undefined,
        now: row.now,
      };
};

/** Counts one use of a token; the first one is remembered. */
export const markUsed = async (trx: Trx, tokenHash: Buffer): Promise<void> => {
  await trx('refresh_tokens')
    .where({ hash: tokenHash })
    .update({ used_at: trx.raw('COALESCE(used_at, NOW(3))'), uses: trx.raw('uses + 1') });
};

export const prolongSession = async (trx: Trx, { sessionId, lifeSeconds }: NewToken): Promise<void> => {
  await trx('sessions')
    .where({ id: idToBytes(sessionId) })
    .update({ expires_at: inSeconds(trx, lifeSeconds) });
};

/** Ends a member's session once; the first end stays. */
export const endSession = async (
  db: Queryable,
  { sessionId, memberId, by }: { sessionId: string; memberId: string; by: EndedBy },
): Promise<void> => {
  await db('sessions')
    .where({ id: idToBytes(sessionId), member_id: idToBytes(memberId) })
    .whereNull('ended_at')
    .update({ ended_at: db.raw('NOW(3)'), ended_by: by, unannounced: 1 });
};

/** Ends all sessions of a member that have not ended, but for the one to be kept. @returns those that may still be used, for the deny-list */
export const endSessionsOf = async (
  trx: Trx,
  { memberId, by, keep }: { memberId: string; by: EndedBy; keep?: string },
): Promise<string[]> => {
  const rows: { id: Buffer }[] = await trx('sessions')
    .where({ member_id: idToBytes(memberId) })
    .whereNull('ended_at')
    .forUpdate()
    .select('id');
  const sessionIds = rows.map(({ id }) => bytesToId(id)).filter((id) => id !== keep);
  if (sessionIds.length > 0)
    await trx('sessions')
      .whereIn('id', sessionIds.map(idToBytes))
      .update({ ended_at: trx.raw('NOW(3)'), ended_by: by, unannounced: 1 });
  return sessionIds;
};

/** Oldest ones that end in one step, at most; what is more is ended by the sign-ins that follow. */
const OLDEST_AT_ONCE = 200;

/** Ends the oldest sessions of a member that may still be used, beyond the newest `most`. @returns them, for the deny-list */
export const endOldest = async (trx: Trx, { memberId, most }: { memberId: string; most: number }): Promise<string[]> => {
  const ids: Buffer[] = await trx('sessions')
    .where({ member_id: idToBytes(memberId) })
    .whereNull('ended_at')
    .where('expires_at', '>', trx.raw('NOW(3)'))
    .orderBy('id', 'desc')
    .offset(most)
    .limit(OLDEST_AT_ONCE)
    .pluck('id');
  if (ids.length > 0)
    await trx('sessions')
      .whereIn('id', ids)
      .whereNull('ended_at')
      .update({ ended_at: trx.raw('NOW(3)'), ended_by: 'TOO_MANY' satisfies EndedBy, unannounced: 1 });
  return ids.map(bytesToId);
};

export interface LiveSession {
  readonly id: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** A member's sessions that have neither ended nor run out, with ids below `before`, newest first: UUIDv7 ids rise with time. */
export const listLive = async (
  db: Queryable,
  { memberId, before, limit }: { memberId: string; before: string | undefined; limit: number },
): Promise<LiveSession[]> => {
  const query = db('sessions')
    .where({ member_id: idToBytes(memberId) })
    .whereNull('ended_at')
    .where('expires_at', '>', db.raw('NOW(3)'))
    .orderBy('id', 'desc')
    .limit(limit);
  if (before !== undefined) void query.where('id', '<', idToBytes(before));
  const rows = await query.select<{ id: Buffer; created_at: Date; expires_at: Date }[]>('id', 'created_at', 'expires_at');
  return rows.map((row) => ({ id: bytesToId(row.id), createdAt: row.created_at, expiresAt: row.expires_at }));
};

/** All sessions of a member that are kept, the newest `limit`. */
export const listAll = async (
  db: Queryable,
  { memberId, limit }: { memberId: string; limit: number },
): Promise<(LiveSession & { readonly endedAt?: Date })[]> => {
  const rows: { id: Buffer; created_at: Date; expires_at: Date; ended_at: Date | null }[] = await db('sessions')
    .where({ member_id: idToBytes(memberId) })
    .orderBy('id', 'desc')
    .limit(limit)
    .select('id', 'created_at', 'expires_at', 'ended_at');
  return rows.map((row) => ({
    id: bytesToId(row.id),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    ...(row.ended_at !== null && { endedAt: row.ended_at }),
  }));
};

/** Whether it is, or was, a session of this member. */
export const isSessionOf = async (db: Queryable, { sessionId, memberId }: { sessionId: string; memberId: string }): Promise<boolean> => {
  const row: unknown = await db('sessions')
    .where({ id: idToBytes(sessionId), member_id: idToBytes(memberId) })
    .first('id');
  return row !== undefined;
};

export interface Unannounced {
  readonly sessionId: string;
  /** Which time of being asked for. */
  readonly round: number;
}

/** Some of the ended sessions that the deny-list is not known to have. */
export const findUnannounced = async (db: Queryable, limit: number): Promise<Unannounced[]> => {
  const rows: { id: Buffer; unannounced: number }[] = await db('sessions')
    .whereNotNull('unannounced')
    .limit(limit)
    .select('id', 'unannounced');
  return rows.map((row) => ({ sessionId: bytesToId(row.id), round: row.unannounced }));
};

/** Those that were asked for again meanwhile stay as they are. */
export const markAnnounced = async (db: Queryable, announced: readonly Unannounced[]): Promise<void> => {
  if (announced.length === 0) return;
  const pairs = announced.map(({ sessionId, round }) => [idToBytes(sessionId), round]);
  await db('sessions').whereIn(['id', 'unannounced'], pairs).update({ unannounced: null });
};

/** Has every session announced again that ended within the last `seconds`. */
export const unmarkAnnounced = async (db: Queryable, seconds: number): Promise<void> => {
  await db('sessions')
    .where('ended_at', '>', inSeconds(db, -seconds))
    .update({ unannounced: db.raw('COALESCE(unannounced, 0) + 1') });
};

/** Removes up to `limit` rows that ran out a day ago or longer. @returns how many */
export const purgeExpired = (db: Queryable, table: 'sessions' | 'refresh_tokens', limit: number): Promise<number> =>
  db(table).where('expires_at', '<', inSeconds(db, -86_400)).orderBy('expires_at').limit(limit).delete();
