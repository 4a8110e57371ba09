import type { Database } from '@onsale/shared/db';
import { uuidOf, type Look } from '@onsale/shared/invariants';
import type { Stores } from './stores.ts';

export interface DeliveryOptions {
  /** Seconds that a message may be on its way, from its commit or from the healing of the last fault. */
  readonly withinSeconds: number;
  readonly healedAt?: Date;
}

const messageIds = async (db: Database, table: 'outbox' | 'retries'): Promise<string[]> => {
  const rows: { message: string }[] = await db(table).select({ message: db.raw(`JSON_UNQUOTE(JSON_EXTRACT(payload, '$.id'))`) });
  return rows.map(({ message }) => message);
};

/** Commands that sagas of a service have waited for since longer than that, with nothing sent meanwhile. */
const awaited = async (orchestrator: Database, { withinSeconds, healedAt = new Date(0) }: DeliveryOptions): Promise<string[]> => {
  const [rows] = (await orchestrator.raw(
    `SELECT CONCAT(${uuidOf('id')}, ':', step, ':', IF(status = 'RUNNING', 'do', 'undo')) AS command FROM sagas
     WHERE status IN ('RUNNING', 'COMPENSATING') AND GREATEST(updated_at, CAST(? AS DATETIME(3))) < NOW(3) - INTERVAL ? SECOND`,
    [healedAt, withinSeconds],
  )) as [{ command: string }[], unknown];
  return rows.map(({ command }) => command);
};

/**
 * What a saga waits for is the command in its own outbox, on its way to its owner or back, or the owner's reply in the owner's outbox. On its way it is
 * for less than `withinSeconds`; a message that waits in `retries` is not lost either.
 */
const lostOfSagas = async (stores: Stores, options: DeliveryOptions): Promise<string[]> => {
  const { payment, commerce, reservation, queue } = stores;
  const commands = [...(await awaited(payment, options)), ...(await awaited(commerce, options))];
  if (commands.length === 0) return [];
  const kept = await Promise.all(
    [payment, commerce, reservation, queue].flatMap((owner) => [messageIds(owner, 'outbox'), messageIds(owner, 'retries')]),
  );
  const somewhere = new Set(kept.flat());
  return commands.filter((command) => !somewhere.has(command) && !somewhere.has(`${command}:reply`));
};

/** Schedules whose line was never opened, though the event has left. */
const lostOfSchedules = async (
  { reservation, queue }: Stores,
  { withinSeconds, healedAt = new Date(0) }: DeliveryOptions,
): Promise<string[]> => {
  const [rows] = (await reservation.raw(
    `SELECT schedule, queue_id FROM (SELECT ${uuidOf('id')} AS schedule, queue_id, created_at FROM schedules) s
     WHERE GREATEST(created_at, CAST(? AS DATETIME(3))) < NOW(3) - INTERVAL ? SECOND
       AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.aggregate = s.schedule)`,
    [healedAt, withinSeconds],
  )) as [{ schedule: string; queue_id: string }[], unknown];
  const queues: { id: string }[] = await queue('queues').select('id');
  const retries: { message_key: string }[] = await queue('retries').select('message_key');
  const [opened, waiting] = [new Set(queues.map(({ id }) => id)), new Set(retries.map(({ message_key }) => message_key))];
  return rows.filter((row) => !opened.has(row.queue_id) && !waiting.has(row.schedule)).map(({ schedule }) => schedule);
};

/** Whether every message that was written has left and arrived (I8): what a lost outbox row is noticed by. */
export const deliveryLooks = (stores: Stores, options: DeliveryOptions): Look[] => [
  {
    invariant: 'I8',
    says: `what a saga has waited for since more than ${options.withinSeconds} s is in an outbox or tried again: no command and no reply was lost`,
    find: () => lostOfSagas(stores, options),
  },
  {
    invariant: 'I8',
    says: `every schedule has its queue after ${options.withinSeconds} s`,
    find: () => lostOfSchedules(stores, options),
  },
];
