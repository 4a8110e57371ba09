import type { Queryable, Trx } from '@onsale/shared/db';
import type { Place } from '../places/place.ts';
import { RESTING } from '../queues/rest-store.ts';

/** A queue whose opening is due, by the database's time, and how far it has come. */
export interface Due {
  readonly queueId: string;
  readonly opened: boolean;
  /** Up to this score the entries are written down, in this life of the line. */
  readonly cursor: number;
  readonly generation: number;
  /** The line was lost: those who were in it are coming back. */
  readonly resting: boolean;
}

interface DueRow {
  id: string;
  opened_at: Date | null;
  draw_cursor: number;
  generation: number;
  resting: number;
}

const dueOf = (row: DueRow): Due => ({
  queueId: row.id,
  opened: row.opened_at !== null,
  cursor: row.draw_cursor,
  generation: row.generation,
  resting: row.resting === 1,
});

const dueColumns = (db: Queryable) => ['id', 'opened_at', 'draw_cursor', 'generation', db.raw(RESTING)] as string[];

/** Queues whose time has come, and that do not admit yet. */
export const findDue = async (db: Queryable, limit: number): Promise<Due[]> =>
  (
    await db('queues')
      .select<DueRow[]>(dueColumns(db))
      .whereNull('draw_listed_at')
      .where('opens_at', '<=', db.raw('NOW(3)'))
      .orderBy('opens_at')
      .limit(limit)
  ).map(dueOf);

/**
 * Opens a queue, if its line still has the life that was told of it (`generation`) and its time has come. One that nobody has entered has no entries either.
 * False when another has opened it, or when its line has been lost since.
 */
export const markOpened = async (db: Queryable, { queueId, generation }: Pick<Due, 'queueId' | 'generation'>): Promise<boolean> =>
  (await db('queues')
    .where({ id: queueId, generation })
    .whereNull('opened_at')
    .where('opens_at', '<=', db.raw('NOW(3)'))
    .update({ opened_at: db.raw('NOW(3)'), draw_listed_at: generation === 0 ? db.raw('NOW(3)') : null })) > 0;

const opened = (db: Queryable, queueId: string) =>
  db('queues').where({ id: queueId }).whereNotNull('opened_at').whereNull('draw_listed_at');

/** An opened queue whose list is not complete; `undefined` when it is. */
export const findOpened = async (db: Queryable, queueId: string): Promise<Due | undefined> => {
  const row = await opened(db, queueId).first<DueRow | undefined>(dueColumns(db));
  return row && dueOf(row);
};

/** The same, with the lock of the queue's row; `undefined` also when another has it. */
export const lockOpened = async (trx: Trx, queueId: string): Promise<Due | undefined> => {
  const row = await opened(trx, queueId).forUpdate().skipLocked().first<DueRow | undefined>(dueColumns(trx));
  return row && dueOf(row);
};

/** Writes entries down, those that are there already left as they are; answers with how many are new. */
export const insertEntries = async (
  trx: Trx,
  { queueId, places, returned }: { queueId: string; places: readonly Place[]; returned: boolean },
): Promise<number> => {
  if (places.length === 0) return 0;
  const rows = places.map(() => '(?, ?, ?, ?, ?, ?)').join(', ');
  const [result] = (await trx.raw(
    `INSERT IGNORE INTO draw_entries (queue_id, score, number, member, lane, returned) VALUES ${rows}`,
    places.flatMap(({ score, number, member, lane }) => [queueId, score, number, member, lane, returned]),
  )) as [{ affectedRows: number }];
  return result.affectedRows;
};

/** Writes how far the list of a locked queue is. */
export const moveCursor = async (
  trx: Trx,
  { queueId, cursor, added, complete }: { queueId: string; cursor: number; added: number; complete: boolean },
): Promise<void> => {
  await trx('queues')
    .where({ id: queueId })
    .update({
      draw_cursor: cursor,
      draw_count: trx.raw('draw_count + ?', [added]),
      ...(complete && { draw_listed_at: trx.raw('NOW(3)') }),
    });
};

/** What may be shown of a draw: the statement itself leaves the seed where it is until the opening. */
export const findDraw = async (
  db: Queryable,
  queueId: string,
): Promise<{ opensAt: Date; seedHash: string; seed: string | undefined; count: number | undefined } | undefined> => {
  const row = await db('queues')
    .where({ id: queueId })
    .whereNotNull('opens_at')
    .first<{ opens_at: Date; seed_hash: string; seed: string | null; draw_count: number; draw_listed_at: Date | null } | undefined>(
      'opens_at',
      db.raw('SHA2(draw_seed, 256) AS seed_hash'),
      db.raw('CASE WHEN opened_at IS NULL THEN NULL ELSE LOWER(HEX(draw_seed)) END AS seed'),
      'draw_count',
      'draw_listed_at',
    );
  if (row === undefined) return undefined;
  const count = row.draw_listed_at === null ? undefined : row.draw_count;
  return { opensAt: row.opens_at, seedHash: row.seed_hash, seed: row.seed ?? undefined, count };
};

/** An entry of a draw, and how its place was admitted, if it was. */
export interface DrawEntryRow extends Place {
  readonly returned: boolean;
  readonly turn: number | undefined;
  readonly late: boolean;
}

/** Entries in their order, after the one named. */
export const listEntries = async (
  db: Queryable,
  { queueId, after, limit }: { queueId: string; after: readonly [score: number, number: number]; limit: number },
): Promise<DrawEntryRow[]> => {
  const [score, number] = after;
  const rows = await db('draw_entries as d')
    .leftJoin('journal as j', (on) => void on.on('j.queue_id', 'd.queue_id').andOn('j.number', 'd.number'))
    .where('d.queue_id', queueId)
    .where('d.score', '>=', score) // the range of the key; a comparison of pairs would read it from its beginning
    .where((where) => void where.where('d.score', '>', score).orWhere('d.number', '>', number))
    .orderBy(['d.score', 'd.number'])
    .limit(limit)
    .select<{ score: number; number: number; member: string; lane: string; returned: number; turn: number | null; late: number | null }[]>(
      'd.score',
      'd.number',
      'd.member',
      'd.lane',
      'd.returned',
      'j.turn',
      'j.late',
    );
  return rows.map((row) => ({ ...row, returned: row.returned === 1, turn: row.turn ?? undefined, late: row.late === 1 }));
};
