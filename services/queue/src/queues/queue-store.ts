import { drawBy } from '../opening/draw.ts';
import { isDuplicate, type Queryable, type Trx } from '@onsale/shared/db';
import type { QueueDefinition, QueueSettings } from './queue.ts';

interface Row {
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

const openingOf = ({ opens_at, opened_at, draw_seed, draw_listed_at }: Row): QueueDefinition['opening'] =>
  opens_at === null || draw_seed === null
    ? undefined
    : { opensAt: opens_at, opened: opened_at !== null, listed: draw_listed_at !== null, draw: drawBy(draw_seed) };

const queueOf = (row: Row): QueueDefinition => ({
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
  const row = await db('queues').where({ id }).first<Row | undefined>(COLUMNS);
  return row && queueOf(row);
};

/** Queues by id, after the one named. */
export const listQueues = async (db: Queryable, { after, limit }: { after: string; limit: number }): Promise<QueueDefinition[]> =>
  (await db('queues').select<Row[]>(COLUMNS).where('id', '>', after).orderBy('id').limit(limit)).map(queueOf);

/** Waits for whoever holds the queue's row. */
export const lockQueue = async (trx: Trx, id: string): Promise<QueueDefinition | undefined> => {
  const row = await trx('queues').where({ id }).forUpdate().first<Row | undefined>(COLUMNS);
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

/** Of each lane that anybody was ever admitted from: the highest score admitted, and what it is owed by the others (`takeTurns`). */
export type LaneStates = Readonly<Record<string, { readonly front: number; readonly credit: number }>>;

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

/** Where admission stands: the queue's row beside its definition. */
export interface AdmissionState extends QueueDefinition {
  readonly lastNumber: number;
  readonly turn: number;
  readonly laneStates: LaneStates;
  readonly allowance: number;
  /** Since the allowance was written. */
  readonly elapsedMs: number;
  readonly longestPollMs: number;
  readonly resting: boolean;
  /** The generation with which its epoch began: the line has had no life in Redis yet, so nobody of it has to come back. */
  readonly freshGeneration: number;
}

interface AdmissionRow extends Row {
  last_number: number;
  turn: number;
  lane_state: string;
  allowance: number;
  elapsed_micros: number;
  longest_poll_ms: number;
  resting: number;
  fresh_generation: number;
}

const admissionColumns = (db: Queryable) => [
  ...COLUMNS,
  'last_number',
  'turn',
  'lane_state',
  'allowance',
  'longest_poll_ms',
  'fresh_generation',
  db.raw('TIMESTAMPDIFF(MICROSECOND, allowance_at, NOW(3)) AS elapsed_micros'),
  db.raw('rest_until IS NOT NULL AND rest_until > NOW(3) AS resting'),
];

const admissionOf = (row: AdmissionRow): AdmissionState => ({
  ...queueOf(row),
  lastNumber: row.last_number,
  turn: row.turn,
  laneStates: JSON.parse(row.lane_state) as LaneStates,
  allowance: row.allowance,
  elapsedMs: Math.max(0, row.elapsed_micros / 1000),
  longestPollMs: row.longest_poll_ms,
  resting: row.resting === 1,
  freshGeneration: row.fresh_generation,
});

export const findAdmission = async (db: Queryable, id: string): Promise<AdmissionState | undefined> => {
  const row = await db('queues')
    .where({ id })
    .first<AdmissionRow | undefined>(admissionColumns(db) as string[]);
  return row && admissionOf(row);
};

/** Takes the lock of the queue's admission; `undefined` when another has it: whoever that is does the work. */
export const lockAdmission = async (trx: Trx, id: string): Promise<AdmissionState | undefined> => {
  const row = await trx('queues')
    .where({ id })
    .forUpdate()
    .skipLocked()
    .first<AdmissionRow | undefined>(admissionColumns(trx) as string[]);
  return row && admissionOf(row);
};

/** Writes where a locked queue's admission stands now. */
export const updateAdmission = async (
  trx: Trx,
  {
    id,
    turn,
    laneStates,
    allowance,
    elapsedMs,
    lastNumber,
  }: Pick<AdmissionState, 'id' | 'turn' | 'laneStates' | 'allowance' | 'elapsedMs' | 'lastNumber'>,
): Promise<void> => {
  await trx('queues')
    .where({ id })
    .update({
      turn,
      lane_state: JSON.stringify(laneStates),
      allowance,
      allowance_at: trx.raw('allowance_at + INTERVAL ? MICROSECOND', [Math.round(elapsedMs * 1000)]), // not NOW: what came in since the lock counts next time
      last_number: trx.raw('GREATEST(last_number, ?)', [lastNumber]),
    });
};

/** Keeps the highest number given out, for when Redis loses it. */
export const raiseLastNumber = async (db: Queryable, id: string, lastNumber: number): Promise<void> => {
  await db('queues').where({ id }).where('last_number', '<', lastNumber).update({ last_number: lastNumber });
};

/** The next life of a locked queue's line; nobody is admitted in the first `restMs` of it. */
export const beginGeneration = async (
  trx: Trx,
  { id, generation, lastNumber, restMs }: { id: string; generation: number; lastNumber: number; restMs: number },
): Promise<void> => {
  await trx('queues')
    .where({ id })
    .update({
      generation,
      last_number: lastNumber,
      draw_cursor: 0, // whoever comes back to the line may stand before those whom it had then
      ...(restMs > 0 && { rest_until: trx.raw('NOW(3) + INTERVAL ? MICROSECOND', [restMs * 1000]) }),
    });
};

/** The next epoch of a locked queue: its numbers are those from `firstNumber` on, and its line has yet to begin. */
export const beginEpoch = async (
  trx: Trx,
  { id, generation, firstNumber, message }: Pick<QueueDefinition, 'id' | 'generation' | 'firstNumber' | 'message'>,
): Promise<void> => {
  await trx('queues')
    .where({ id })
    .update({
      epochs_ended: trx.raw('epochs_ended + 1'),
      first_number: firstNumber,
      last_number: firstNumber,
      generation,
      fresh_generation: generation,
      rest_until: null, // it was for those of the epoch that is over
      message: message ?? null,
    });
};

/** As `lockAdmission`, but waits for whoever has the lock. */
export const awaitAdmission = async (trx: Trx, id: string): Promise<AdmissionState | undefined> => {
  const row = await trx('queues')
    .where({ id })
    .forUpdate()
    .first<AdmissionRow | undefined>(admissionColumns(trx) as string[]);
  return row && admissionOf(row);
};
