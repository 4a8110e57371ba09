import type { QueueSettings as QueueSettingsView } from '@onsale/contracts/queue';
import { insertAudit } from '@onsale/shared/audit';
import type { Member } from '@onsale/shared/auth';
import { inTransaction, type Database } from '@onsale/shared/db';
import { notFound, Refusal } from '@onsale/shared/errors';
import type { ReadCounters } from './read-counters.ts';
import { lockQueue, updateSale } from './queue-store.ts';
import { settingsViewOf } from './queue-view.ts';
import { steered, type SaleAction } from './sale-state.ts';

interface Deps {
  readonly db: Database;
  readonly readCounters: ReadCounters;
  /** Tells every replica that the queue's definition changed. */
  readonly announce: (queueId: string) => void;
  /** Has the queue looked at at once. */
  readonly wake: (queueId: string) => void;
}

interface Steering {
  readonly member: Member;
  readonly queueId: string;
  readonly action: SaleAction;
  /** `null` takes the message away, `undefined` leaves it. */
  readonly message: string | null | undefined;
}

/**
 * An operator pauses, resumes or closes a sale, under the lock by which members are admitted: nobody is admitted after a pause has been answered, and
 * every replica tells of it within a second. Audited in the same transaction; asked again it changes nothing, and leaves no further row.
 * @throws Refusal NOT_FOUND; QUEUE_ALREADY_CLOSED
 */
export const steerSale =
  ({ db, readCounters, announce, wake }: Deps) =>
  async ({ member, queueId, action, message: given }: Steering): Promise<QueueSettingsView> => {
    const changed = await inTransaction(db, async (trx) => {
      const queue = await lockQueue(trx, queueId);
      if (queue === undefined) throw notFound('queue');
      const state = steered(queue.state, action);
      if (state === undefined) throw new Refusal('QUEUE_ALREADY_CLOSED', 'A closed queue stays closed. Open another one.');
      const before = { state: queue.state, message: queue.message };
      const after = { state, message: given === undefined ? queue.message : (given ?? undefined) };
      if (before.state === after.state && before.message === after.message) return queue;
      await updateSale(trx, { id: queueId, ...after });
      await insertAudit(trx, { actor: member.id, action: `queue.${action}`, subject: queueId, before, after });
      return { ...queue, ...after };
    });
    announce(queueId);
    wake(queueId);
    const [counters] = await readCounters([queueId]);
    return settingsViewOf(changed, counters!);
  };
