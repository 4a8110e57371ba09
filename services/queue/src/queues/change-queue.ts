import type { QueueSettings as QueueSettingsView } from '@onsale/contracts/queue';
import { insertAudit } from '@onsale/shared/audit';
import type { Member } from '@onsale/shared/auth';
import { inTransaction, type Database } from '@onsale/shared/db';
import { notFound } from '@onsale/shared/errors';
import { longestPollMs } from '../places/poll.ts';
import type { ReadCounters } from './read-counters.ts';
import { changedOpensAt } from '../opening/change-opening.ts';
import { findQueue, lockQueue, updateOpensAt, updateSettings } from './queue-store.ts';
import { settingsViewOf } from './queue-view.ts';
import { patched, settingsOf, type SettingsPatch } from './settings.ts';

interface Deps {
  readonly db: Database;
  readonly readCounters: ReadCounters;
  /** Tells every replica that the queue's definition changed. */
  readonly announce: (queueId: string) => void;
  /** Has the queue looked at at once: there may be more room in it. */
  readonly wake: (queueId: string) => void;
}

interface ChangeOfQueue {
  readonly member: Member;
  readonly queueId: string;
  readonly patch: SettingsPatch;
}

/**
 * An operator changes what the request names; it holds on every replica within a second. A lowered cap drains, a window that has begun stays as it is.
 * Audited in the same transaction. @throws Refusal NOT_FOUND; OPENING_FIXED
 */
export const changeQueue =
  ({ db, readCounters, announce, wake }: Deps) =>
  async ({ member, queueId, patch }: ChangeOfQueue): Promise<QueueSettingsView> => {
    const changed = await inTransaction(db, async (trx) => {
      const queue = await lockQueue(trx, queueId);
      if (queue === undefined) throw notFound('queue');
      const settings = patched(queue, patch);
      const opensAt = changedOpensAt(queue, patch.opensAt);
      if (opensAt !== queue.opening?.opensAt) await updateOpensAt(trx, { id: queueId, opensAt });
      await updateSettings(trx, { id: queueId, settings, longestPollMs: longestPollMs(settings) });
      await insertAudit(trx, {
        actor: member.id,
        action: 'queue.change',
        subject: queueId,
        before: { ...settingsOf(queue), opensAt: queue.opening?.opensAt },
        after: { ...settingsOf(settings), opensAt },
      });
      return (await findQueue(trx, queueId))!;
    });
    announce(queueId);
    wake(queueId);
    const [counters] = await readCounters([queueId]);
    return settingsViewOf(changed, counters!);
  };
