import type { Database, Queryable, Trx } from '../db/index.ts';
import { bytesToId, idToBytes } from '../ids/index.ts';
import type { SagaProgress, SagaStatus } from './advance.ts';
import type { Failure } from './definition.ts';

export type Flag = 'NEEDS_OPERATOR';

export interface StoredSaga extends SagaProgress<object> {
  readonly type: string;
  readonly flag: Flag | undefined;
  /** Times that the present step was sent again. */
  readonly attempts: number;
}

const isUnderWay = (status: SagaStatus | undefined): boolean => status === 'RUNNING' || status === 'COMPENSATING';

interface Row {
  readonly id: Buffer;
  readonly type: string;
  readonly step: string;
  readonly status: SagaStatus;
  readonly flag: Flag | null;
  readonly data: string;
  readonly attempts: number;
  readonly next_action_at: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const sagaOf = ({ id, type, step, status, flag, data, attempts }: Row): StoredSaga => {
  const { state, failure } = JSON.parse(data) as { state: object; failure?: Failure };
  return { id: bytesToId(id), type, step, status, flag: flag ?? undefined, attempts, state, ...(failure === undefined ? {} : { failure }) };
};

/** A saga as operators see it. */
export interface SagaRow extends StoredSaga {
  readonly nextActionAt: Date | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const rowOf = (row: Row): SagaRow => ({
  ...sagaOf(row),
  nextActionAt: row.next_action_at ?? undefined,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

/** When the sweeper looks again; an ended saga never. */
const dueIn = (db: Queryable, ms: number | undefined) =>
  ms === undefined ? null : db.raw('NOW(3) + INTERVAL ? MICROSECOND', [Math.round(ms * 1000)]);

const columnsOf = (trx: Trx, { step, status, flag, attempts, state, failure }: StoredSaga, dueInMs: number | undefined) => ({
  step,
  status,
  flag: flag ?? null,
  attempts,
  data: JSON.stringify({ state, failure }),
  next_action_at: dueIn(trx, dueInMs),
});

/** One statement for all of them. */
export const insertSagas = async (trx: Trx, sagas: readonly { saga: StoredSaga; dueInMs: number | undefined }[]): Promise<void> => {
  if (sagas.length === 0) return;
  await trx('sagas').insert(
    sagas.map(({ saga, dueInMs }) => ({ id: idToBytes(saga.id), type: saga.type, ...columnsOf(trx, saga, dueInMs) })),
  );
};

/** The saga's row, locked: replies, sweepers and operators take turns. */
export const lockSaga = async (trx: Trx, id: string): Promise<StoredSaga | undefined> => {
  const row = await trx('sagas')
    .where({ id: idToBytes(id) })
    .forUpdate()
    .first<Row | undefined>();
  return row === undefined ? undefined : sagaOf(row);
};

/** The saga's row if it is still overdue, and nobody else is at it. */
export const lockOverdue = async (trx: Trx, id: string): Promise<StoredSaga | undefined> => {
  const row = await trx('sagas')
    .where({ id: idToBytes(id) })
    .where('next_action_at', '<=', trx.raw('NOW(3)'))
    .forUpdate()
    .skipLocked()
    .first<Row | undefined>();
  return row === undefined ? undefined : sagaOf(row);
};

export const updateSaga = async (trx: Trx, saga: StoredSaga, dueInMs: number | undefined): Promise<void> => {
  await trx('sagas')
    .where({ id: idToBytes(saga.id) })
    .update({ ...columnsOf(trx, saga, dueInMs), version: trx.raw('version + 1'), updated_at: trx.raw('NOW(3)') });
};

/** Puts aside what could not be sent on, so that it does not stand in front of the others. */
export const postponeSaga = async (trx: Trx, id: string, ms: number): Promise<void> => {
  await trx('sagas')
    .where({ id: idToBytes(id) })
    .whereNotNull('next_action_at')
    .update({ next_action_at: dueIn(trx, ms) });
};

/** Overdue sagas, the longest overdue first. */
export const overdueSagas = async (db: Database, limit: number): Promise<string[]> => {
  const rows = await db('sagas')
    .where('next_action_at', '<=', db.raw('NOW(3)'))
    .orderBy('next_action_at')
    .limit(limit)
    .select<Pick<Row, 'id'>[]>('id');
  return rows.map(({ id }) => bytesToId(id));
};

export const countFlagged = async (db: Database): Promise<number> => {
  const row = await db('sagas').where({ flag: 'NEEDS_OPERATOR' }).count<{ count: number }[]>({ count: '*' }).first();
  return row?.count ?? 0;
};

/** Which of the sagas are at their end; ids that do not exist are left out. One indexed read for all waiters of a process. */
export const sagasEnded = async (db: Queryable, ids: readonly string[]): Promise<Map<string, boolean>> => {
  const rows: Pick<Row, 'id' | 'status'>[] = await db('sagas').whereIn('id', ids.map(idToBytes)).select('id', 'status');
  return new Map(rows.map(({ id, status }) => [bytesToId(id), !isUnderWay(status)]));
};

/** One saga, if there is such; locks nothing. */
export const findSaga = async (db: Queryable, id: string): Promise<SagaRow | undefined> => {
  const row = await db('sagas')
    .where({ id: idToBytes(id) })
    .first<Row | undefined>();
  return row === undefined ? undefined : rowOf(row);
};

export interface SagaFilter {
  readonly status: SagaStatus | undefined;
  readonly flag: Flag | undefined;
}

/**
 * Sagas with ids below `before`, newest first (ids are UUIDv7); one more than `limit`, if there are. Those under way are few among all, and found by the
 * index of the sweeper; flagged ones by theirs; ended ones from the newest down.
 */
export const listSagas = async (
  db: Queryable,
  { status, flag, before, limit }: SagaFilter & { before: string | undefined; limit: number },
): Promise<SagaRow[]> => {
  const query = db('sagas')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (status !== undefined) void query.where({ status });
  if (isUnderWay(status)) void query.whereNotNull('next_action_at');
  if (flag !== undefined) void query.where({ flag });
  if (before !== undefined) void query.where('id', '<', idToBytes(before));
  return ((await query) as Row[]).map(rowOf);
};
