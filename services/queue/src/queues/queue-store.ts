import { drawBy } from '../opening/draw.ts';
import { isDuplicate, type Queryable, type Trx } from '@onsale/shared/db';
import type { QueueDefinition, QueueSettings } from './queue.ts';
import { RESTING } from './rest-store.ts';

/** A row of `queues`, as far as it defines a queue. */
export interface QueueRow {
  id: string;
  state: QueueDefinition['state'];
  epoch: number;
  cap: number | null;
  admit_per_second: number | null;
  capacity: number | null;
  window_seconds: number;
  abandon_after_seconds: number;
  no_show_after_seconds: number | null;
  on_expiry: QueueDefinition['onExpiry'];
  token_life_seconds: number;
  max_poll_seconds: number;
  lanes: string;
  message: string | null;
  created_at: Date;
  generation: number;
  epochs_ended: number;
  first_number: number;
  opens_at: Date | null;
  opened_at: Date | null;
  draw_seed: Buffer | null;
  draw_listed_at: Date | null;
  resting: number;
}

const COLUMNS = [
  'id',
  'state',
  'epoch',
  'cap',
  'admit_per_second',
  'capacity',
  'window_seconds',
  'abandon_after_seconds',
  'no_show_after_seconds',
  'on_expiry',
  'token_life_seconds',
  'max_poll_seconds',
  'lanes',
  'message',
  'created_at',
  'generation',
  'epochs_ended',
  'first_number',
  'opens_at',
  'opened_at',
  'draw_seed',
  'draw_listed_at',
] as const;

/** Of a `QueueRow`. */
export const columnsOf = (db: Queryable) => [...COLUMNS, db.raw(RESTING)] as string[];

const openingOf = ({ opens_at, opened_at, draw_seed, draw_listed_at }: QueueRow): QueueDefinition['opening'] =>
  opens_at === null || draw_seed === null
    ? undefined
    : { opensAt: opens_at, opened: opened_at !== null, listed: draw_listed_at !== null, draw: drawBy(draw_seed) };

export const queueOf = (row: QueueRow): QueueDefinition => ({
  id: row.id,
  state: row.state,
  epoch: row.epoch,
  cap: row.cap ?? undefined,
  admitPerSecond: row.admit_per_second ?? undefined,
  capacity: row.capacity ?? undefined,
  windowSeconds: row.window_seconds,
  abandonAfterSeconds: row.abandon_after_seconds,
  noShowAfterSeconds: row.no_show_after_seconds ?? undefined,
  onExpiry: row.on_expiry,
  tokenLifeSeconds: row.token_life_seconds,
  maxPollSeconds: row.max_poll_seconds,
  lanes: JSON.parse(row.lanes) as QueueDefinition['lanes'],
  message: row.message ?? undefined,
  epochsEnded: row.epochs_ended,
  firstNumber: row.first_number,
  generation: row.generation,
  opening: openingOf(row),
  createdAt: row.created_at,
  resting: row.resting === 1,
});

const settingsRow = (settings: QueueSettings) => ({
  cap: settings.cap ?? null,
  admit_per_second: settings.admitPerSecond ?? null,
  capacity: settings.capacity ?? null,
  window_seconds: settings.windowSeconds,
  abandon_after_seconds: settings.abandonAfterSeconds,
  no_show_after_seconds: settings.noShowAfterSeconds ?? null,
  on_expiry: settings.onExpiry,
  token_life_seconds: settings.tokenLifeSeconds,
  max_poll_seconds: settings.maxPollSeconds,
  lanes: JSON.stringify(settings.lanes),
  message: settings.message ?? null,
});

export const findQueue = async (db: Queryable, id: string): Promise<QueueDefinition | undefined> => {
  const row = await db('queues').where({ id }).first<QueueRow | undefined>(columnsOf(db));
  return row && queueOf(row);
};

/** Queues by id, after the one named. */
export const listQueues = async (db: Queryable, { after, limit }: { after: string; limit: number }): Promise<QueueDefinition[]> =>
  (await db('queues').select<QueueRow[]>(columnsOf(db)).where('id', '>', after).orderBy('id').limit(limit)).map(queueOf);

/** Waits for whoever holds the queue's row. */
export const lockQueue = async (trx: Trx, id: string): Promise<QueueDefinition | undefined> => {
  const row = await trx('queues').where({ id }).forUpdate().first<QueueRow | undefined>(columnsOf(trx));
  return row && queueOf(row);
};

/** By the database: so it is in no statement, and in no error or log of one. */
const NEW_SEED = 'RANDOM_BYTES(32)';

/** False when the id is taken. */
export const insertQueue = async (
  db: Queryable,
  {
    id,
    epoch,
    createdAt,
    opensAt,
    settings,
    longestPollMs,
  }: { id: string; epoch: number; createdAt: Date; opensAt: Date | undefined; settings: QueueSettings; longestPollMs: number },
): Promise<boolean> => {
  try {
    await db('queues').insert({
      id,
      state: 'OPEN',
      epoch,
      created_at: createdAt,
      ...settingsRow(settings),
      generation: 0,
      last_number: 0,
      turn: 0,
      lane_state: '{}',
      allowance: 0,
      allowance_at: createdAt,
      longest_poll_ms: longestPollMs,
      opens_at: opensAt ?? null,
      draw_seed: db.raw(NEW_SEED),
    });
    return true;
  } catch (error) {
    if (isDuplicate(error)) return false;
    throw error;
  }
};

/** Changes a locked queue. `longestPollMs` only ever rises: somebody may still rest as long as was once said. */
export const updateSettings = async (
  trx: Trx,
  { id, settings, longestPollMs }: { id: string; settings: QueueSettings; longestPollMs: number },
): Promise<void> => {
  await trx('queues')
    .where({ id })
    .update({ ...settingsRow(settings), longest_poll_ms: trx.raw('GREATEST(longest_poll_ms, ?)', [longestPollMs]) });
};

/** What an operator says of a locked queue's sale. */
export const updateSale = async (
  trx: Trx,
  { id, state, message }: { id: string; state: QueueDefinition['state']; message: string | undefined },
): Promise<void> => {
  await trx('queues')
    .where({ id })
    .update({ state, message: message ?? null });
};

/** Changes when a locked queue opens, which nobody has entered yet. One that was made before there were draws gets its seed by it. */
export const updateOpensAt = async (trx: Trx, { id, opensAt }: { id: string; opensAt: Date | undefined }): Promise<void> => {
  await trx('queues')
    .where({ id })
    .update({ opens_at: opensAt ?? null, draw_seed: trx.raw(`COALESCE(draw_seed, ${NEW_SEED})`) });
};
