import { isDuplicate, type Queryable, type Trx } from '@onsale/shared/db';

/** What a code is found by. */
export interface CodeOf {
  readonly queueId: string;
  /** SHA-256. */
  readonly code: Buffer;
}

export interface Invitation extends CodeOf {
  readonly lane: string;
  /** Who showed it first. */
  readonly member: string | undefined;
  /** The place that it gave. */
  readonly number: number | undefined;
}

const affectedRows = (result: unknown): number => (result as [{ affectedRows: number }])[0].affectedRows;

export const insertInvitations = async (
  trx: Trx,
  { queueId, lane, codes }: { queueId: string; lane: string; codes: readonly Buffer[] },
): Promise<void> => {
  await trx('invitations').insert(codes.map((code) => ({ queue_id: queueId, code, lane, created_at: trx.raw('NOW(3)') })));
};

export const findInvitation = async (db: Queryable, { queueId, code }: CodeOf): Promise<Invitation | undefined> => {
  const row = await db('invitations')
    .where({ queue_id: queueId, code })
    .first<{ lane: string; member: string | null; number: number | null } | undefined>('lane', 'member', 'number');
  return row && { queueId, code, lane: row.lane, member: row.member ?? undefined, number: row.number ?? undefined };
};

/** Makes a code a member's. False when it is somebody's already, this member's included. */
export const claimInvitation = async (db: Queryable, { queueId, code }: CodeOf, member: string): Promise<boolean> =>
  affectedRows(
    await db.raw('UPDATE invitations SET member = ?, claimed_at = NOW(3) WHERE queue_id = ? AND code = ? AND member IS NULL', [
      member,
      queueId,
      code,
    ]),
  ) > 0;

/** Writes which place a code gave its member. False when it gave one before, or when the place came by another code. */
export const settleInvitation = async (db: Queryable, { queueId, code }: CodeOf, number: number): Promise<boolean> => {
  try {
    const settled = await db.raw('UPDATE invitations SET number = ? WHERE queue_id = ? AND code = ? AND number IS NULL', [
      number,
      queueId,
      code,
    ]);
    return affectedRows(settled) > 0;
  } catch (error) {
    if (isDuplicate(error)) return false;
    throw error;
  }
};

/**
 * A place of the code's lane that its member came in by since it was claimed, and that no other code gave: what is left of a use that died before it
 * was settled.
 */
export const findUnsettledPlace = async (db: Queryable, { queueId, code }: CodeOf): Promise<number | undefined> => {
  const [rows] = (await db.raw(
    `SELECT j.number FROM invitations i JOIN journal j ON j.queue_id = i.queue_id AND j.member = i.member AND j.lane = i.lane
     WHERE i.queue_id = ? AND i.code = ? AND (j.ended_at IS NULL OR j.ended_at >= i.claimed_at)
       AND NOT EXISTS (SELECT 1 FROM invitations o WHERE o.queue_id = j.queue_id AND o.number = j.number)
     ORDER BY j.number LIMIT 1`,
    [queueId, code],
  )) as [{ number: number }[]];
  return rows[0]?.number;
};

/** Some of the codes that gave a place more than `days` ago, which the journal has forgotten; longest ago first. */
export const findUsedUp = async (db: Queryable, { days, limit }: { days: number; limit: number }): Promise<CodeOf[]> => {
  const rows: { queue_id: string; code: Buffer }[] = await db('invitations AS i')
    .whereRaw('i.claimed_at < NOW(3) - INTERVAL ? DAY', [days])
    .whereNotNull('i.number')
    .whereNotExists(db('journal AS j').whereRaw('j.queue_id = i.queue_id AND j.number = i.number').select(db.raw('1')))
    .orderBy('i.claimed_at')
    .limit(limit)
    .select('i.queue_id', 'i.code');
  return rows.map(({ queue_id, code }) => ({ queueId: queue_id, code }));
};

/** @returns how many there were still */
export const deleteInvitations = async (db: Queryable, codes: readonly CodeOf[]): Promise<number> =>
  db('invitations')
    .whereIn(
      ['queue_id', 'code'],
      codes.map(({ queueId, code }) => [queueId, code]),
    )
    .delete();
