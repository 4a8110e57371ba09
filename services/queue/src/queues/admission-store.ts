import type { Queryable, Trx } from '@onsale/shared/db';
import { columnsOf, queueOf, type QueueRow } from './queue-store.ts';
import type { QueueDefinition } from './queue.ts';
import { NO_REST, restOf } from './rest-store.ts';

/** Of each lane that anybody was ever admitted from: the highest score admitted, and what it is owed by the others (`takeTurns`). */
export type LaneStates = Readonly<Record<string, { readonly front: number; readonly credit: number }>>;

/** Where admission stands: the queue's row beside its definition. */
export interface AdmissionState extends QueueDefinition {
  readonly lastNumber: number;
  readonly turn: number;
  readonly laneStates: LaneStates;
  readonly allowance: number;
  /** Since the allowance was written. */
  readonly elapsedMs: number;
  readonly longestPollMs: number;
  /** The generation with which its epoch began: the line has had no life in Redis yet, so nobody of it has to come back. */
  readonly freshGeneration: number;
}

interface AdmissionRow extends QueueRow {
  last_number: number;
  turn: number;
  lane_state: string;
  allowance: number;
  elapsed_micros: number;
  longest_poll_ms: number;
  fresh_generation: number;
}

const admissionColumns = (db: Queryable) => [
  ...columnsOf(db),
  'last_number',
  'turn',
  'lane_state',
  'allowance',
  'longest_poll_ms',
  'fresh_generation',
  db.raw('TIMESTAMPDIFF(MICROSECOND, allowance_at, NOW(3)) AS elapsed_micros'),
];

const admissionOf = (row: AdmissionRow): AdmissionState => ({
  ...queueOf(row),
  lastNumber: row.last_number,
  turn: row.turn,
  laneStates: JSON.parse(row.lane_state) as LaneStates,
  allowance: row.allowance,
  elapsedMs: Math.max(0, row.elapsed_micros / 1000),
  longestPollMs: row.longest_poll_ms,
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
      ...(restMs > 0 && restOf(trx, restMs)),
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
      ...NO_REST, // it was for those of the epoch that is over
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
