import { isDuplicate, type Queryable, type Trx } from '@onsale/shared/db';
import type { Ending, Place } from '../places/place.ts';

/** A row as far as the line in Redis is to know it. */
export interface JournalEntry extends Place {
  readonly queueId: string;
  /** Milliseconds since 1970; absent for who was never admitted. */
  readonly admittedUntilMs: number | undefined;
  readonly ending: Ending | undefined;
  /** Of an admission: the journal itself has told its owner, in Redis' stead. */
  readonly seen: boolean;
}

/** The columns of it. */
export interface Row {
  queue_id: string;
  number: number;
  member: string;
  lane: string;
  score: number;
  until: Date | null;
  ending: Ending | null;
  seen: number;
}

export const COLUMNS = ['queue_id', 'number', 'member', 'lane', 'score', 'until', 'ending', 'seen'] as const;

export const entryOf = (row: Row): JournalEntry => ({
  queueId: row.queue_id,
  number: row.number,
  member: row.member,
  lane: row.lane,
  score: row.score,
  admittedUntilMs: row.until?.getTime(),
  ending: row.ending ?? undefined,
  seen: row.seen === 1,
});

const affectedRows = (result: unknown): number => (result as [{ affectedRows: number }])[0].affectedRows;

/** Whether a number's row is not this member's. The row of a revoked number may not know whose it is: then it is. */
export const isOfAnother = (entry: JournalEntry, member: string): boolean => entry.member !== '' && entry.member !== member;

/** How many are admitted now: their rows have no end yet. */
export const countLive = async (db: Queryable, queueId: string): Promise<number> => {
  const row = await db('journal').where({ queue_id: queueId }).whereNull('ended_at').count<{ live: number }>({ live: '*' }).first();
  return row?.live ?? 0;
};

/** Which of the members are admitted now, by whatever number. */
export const admittedOf = async (db: Queryable, queueId: string, members: readonly string[]): Promise<Set<string>> => {
  const live = await db('journal')
    .where({ queue_id: queueId })
    .whereIn('live_member', [...members])
    .pluck<string[]>('live_member');
  return new Set(live);
};

/** Rows that some of the numbers have. */
export const entriesOf = async (db: Queryable, queueId: string, numbers: readonly number[]): Promise<JournalEntry[]> =>
  (
    await db('journal')
      .select<Row[]>(COLUMNS)
      .where({ queue_id: queueId })
      .whereIn('number', [...numbers])
  ).map(entryOf);

/** The highest number by which each of the members was ever admitted. */
export const latestAdmissionOf = async (db: Queryable, queueId: string, members: readonly string[]): Promise<Map<string, number>> => {
  const rows = await db('journal')
    .select('member')
    .max<{ member: string; number: number }[]>({ number: 'number' })
    .where({ queue_id: queueId })
    .whereIn('member', [...members])
    .whereNotNull('turn')
    .groupBy('member');
  return new Map(rows.map(({ member, number }) => [member, number]));
};

export interface Admission extends Place {
  readonly turn: number;
  readonly late: boolean;
}

/** Admits places, from now for `windowSeconds`. @throws a duplicate (1062) when one of them got its row meanwhile */
export const insertAdmissions = async (
  trx: Trx,
  { queueId, windowSeconds, admissions }: { queueId: string; windowSeconds: number; admissions: readonly Admission[] },
): Promise<void> => {
  const rows = admissions.map(() => '(?, ?, ?, ?, ?, ?, ?, NOW(3), NOW(3) + INTERVAL ? SECOND, FALSE)').join(', ');
  await trx.raw(
    `INSERT INTO journal (queue_id, number, member, lane, score, turn, late, admitted_at, until, told) VALUES ${rows}`,
    admissions.flatMap(({ number, member, lane, score, turn, late }) => [queueId, number, member, lane, score, turn, late, windowSeconds]),
  );
};

/** Ends an admission. False when there is none, or it has ended: the first end stays. */
export const endAdmission = async (
  db: Queryable,
  { queueId, number, ending }: { queueId: string; number: number; ending: Ending },
): Promise<boolean> => {
  const result = await db.raw(
    'UPDATE journal SET ended_at = NOW(3), ending = ?, told = FALSE WHERE queue_id = ? AND number = ? AND ended_at IS NULL',
    [ending, queueId, number],
  );
  return affectedRows(result) > 0;
};

/** The row of somebody who was never admitted. False when the number has a row. */
export const insertEnd = async (
  db: Queryable,
  { queueId, number, member, lane, score, ending }: Place & { queueId: string; ending: Ending },
): Promise<boolean> => {
  try {
    await db.raw(
      `INSERT INTO journal (queue_id, number, member, lane, score, late, ended_at, ending, told)
       VALUES (?, ?, ?, ?, ?, FALSE, NOW(3), ?, FALSE)`,
      [queueId, number, member, lane, score, ending],
    );
    return true;
  } catch (error) {
    if (isDuplicate(error)) return false;
    throw error;
  }
};

/** Admissions of all queues whose window is over, by the database's time; locked, without those that another is ending. */
export const lockDue = async (trx: Trx, limit: number): Promise<{ queueId: string; number: number }[]> => {
  const rows = await trx('journal')
    .select<{ queue_id: string; number: number }[]>('queue_id', 'number')
    .whereNull('ended_at')
    .where('until', '<=', trx.raw('NOW(3)'))
    .orderBy('until')
    .limit(limit)
    .forUpdate()
    .skipLocked();
  return rows.map(({ queue_id, number }) => ({ queueId: queue_id, number }));
};

/** Ends up to `limit` admissions of a queue, whoever has them; answers with how many. */
export const revokeLive = async (trx: Trx, queueId: string, limit: number): Promise<number> => {
  const numbers = await trx('journal')
    .where({ queue_id: queueId })
    .whereNull('ended_at')
    .limit(limit)
    .forUpdate()
    .pluck<number[]>('number');
  await trx('journal')
    .where({ queue_id: queueId })
    .whereIn('number', numbers)
    .update({ ended_at: trx.raw('NOW(3)'), ending: 'REVOKED' satisfies Ending, told: false });
  return numbers.length;
};

/** Ends admissions that `lockDue` answered with. */
export const expire = async (trx: Trx, queueId: string, numbers: readonly number[]): Promise<void> => {
  await trx('journal')
    .where({ queue_id: queueId })
    .whereIn('number', [...numbers])
    .whereNull('ended_at')
    .update({ ended_at: trx.raw('NOW(3)'), ending: 'EXPIRED' satisfies Ending, told: false });
};

/** Ends admissions that began longer ago than `afterMs`, and that the journal has not told their owners of; answers with how many. */
export const endUnseen = async (
  trx: Trx,
  { queueId, numbers, afterMs }: { queueId: string; numbers: readonly number[]; afterMs: number },
): Promise<number> =>
  trx('journal')
    .where({ queue_id: queueId, seen: false })
    .whereIn('number', [...numbers])
    .whereNull('ended_at')
    .where('admitted_at', '<=', trx.raw('NOW(3) - INTERVAL ? MICROSECOND', [afterMs * 1000]))
    .update({ ended_at: trx.raw('NOW(3)'), ending: 'EXPIRED' satisfies Ending, told: false });

/** The journal is about to tell the owners of these admissions, those that have not ended meanwhile. */
export const markSeen = async (db: Queryable, queueId: string, numbers: readonly number[]): Promise<void> => {
  await db('journal')
    .where({ queue_id: queueId, seen: false })
    .whereIn('number', [...numbers])
    .whereNull('ended_at')
    .update({ seen: true });
};

/** Rows of all queues but `except` that Redis has not been told of as they are now. */
export const untold = async (db: Queryable, { except, limit }: { except: readonly string[]; limit: number }): Promise<JournalEntry[]> => {
  const rows = db('journal').select<Row[]>(COLUMNS).where({ told: false }).orderBy(['queue_id', 'number']).limit(limit);
  return (await (except.length === 0 ? rows : rows.whereNotIn('queue_id', [...except]))).map(entryOf);
};

/** Redis has been told of these rows as they were read: an end that has come since is still to be told. */
export const markTold = async (db: Queryable, queueId: string, entries: readonly JournalEntry[]): Promise<void> => {
  const told = async (numbers: number[], endedToo: boolean): Promise<void> => {
    if (numbers.length === 0) return;
    const rows = db('journal').where({ queue_id: queueId }).whereIn('number', numbers);
    await (endedToo ? rows : rows.whereNull('ended_at')).update({ told: true });
  };
  await told(
    entries.filter(({ ending }) => ending !== undefined).map(({ number }) => number),
    true,
  );
  await told(
    entries.filter(({ ending }) => ending === undefined).map(({ number }) => number),
    false,
  );
};

/** The queue's admitted, in the order of their members, after one of them: by the key of the live rows alone, so that the ended, of whom there are many more, are not read. */
export const liveAfter = async (
  db: Queryable,
  { queueId, after, limit }: { queueId: string; after: string; limit: number },
): Promise<JournalEntry[]> =>
  (
    await db('journal')
      .select<Row[]>(COLUMNS)
      .where({ queue_id: queueId })
      .where('live_member', '>', after)
      .orderBy('live_member')
      .limit(limit)
  ).map(entryOf);

/** The queue's ended rows above a number, in the order of numbers. */
export const endedAbove = async (
  db: Queryable,
  { queueId, above, limit }: { queueId: string; above: number; limit: number },
): Promise<JournalEntry[]> =>
  (
    await db('journal')
      .select<Row[]>(COLUMNS)
      .where({ queue_id: queueId })
      .where('number', '>', above)
      .whereNotNull('ended_at')
      .orderBy('number')
      .limit(limit)
  ).map(entryOf);

/** 0 when the journal is empty. */
export const highestNumber = async (db: Queryable, queueId: string): Promise<number> => {
  const row = await db('journal').where({ queue_id: queueId }).max<{ number: number | null }>({ number: 'number' }).first();
  return row?.number ?? 0;
};

/** Forgets rows below a number that ended so long ago, the lowest first; answers with how many. What Redis is still to be told of stays. */
export const deleteEnded = async (
  db: Queryable,
  { queueId, below, days, limit }: { queueId: string; below: number; days: number; limit: number },
): Promise<number> =>
  affectedRows(
    await db.raw(
      'DELETE FROM journal WHERE queue_id = ? AND number < ? AND ended_at < NOW(3) - INTERVAL ? DAY AND told ORDER BY number LIMIT ?',
      [queueId, below, days, limit],
    ),
  );

/** The database's time, in milliseconds since 1970: windows are judged by it alone. */
export const databaseNow = async (db: Queryable): Promise<number> => {
  const [rows] = (await db.raw('SELECT NOW(3) AS now')) as [{ now: Date }[]];
  return rows[0]!.now.getTime();
};
