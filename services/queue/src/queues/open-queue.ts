import { insertAudit } from '@onsale/shared/audit';
import type { Trx } from '@onsale/shared/db';
import type { Clock } from '@onsale/shared/ids';
import { longestPollMs } from '../places/poll.ts';
import { findQueue, insertQueue } from './queue-store.ts';
import type { QueueDefinition, QueueSettings } from './queue.ts';
import { patched, settingsOf, type SettingsPatch } from './settings.ts';

interface Opening {
  readonly id: string;
  readonly patch: SettingsPatch;
  /** A member's id, or `system`. */
  readonly actor: string;
}

/** Opens a queue in the caller's transaction, audited: the defaults, and what the patch says. `undefined` when the id is taken. */
export const openQueue =
  ({ clock, defaults }: { clock: Clock; defaults: QueueSettings }) =>
  async (trx: Trx, { id, patch, actor }: Opening): Promise<QueueDefinition | undefined> => {
    const settings = patched(defaults, patch);
    const createdAt = clock.now();
    const opensAt = typeof patch.opensAt === 'string' ? new Date(patch.opensAt) : undefined;
    const values = { id, epoch: createdAt.getTime(), createdAt, opensAt, settings, longestPollMs: longestPollMs(settings) };
    const opened = await insertQueue(trx, values);
    if (!opened) return undefined;
    await insertAudit(trx, { actor, action: 'queue.create', subject: id, after: { ...settingsOf(settings), opensAt } });
    return findQueue(trx, id);
  };

export type OpenQueue = ReturnType<typeof openQueue>;
