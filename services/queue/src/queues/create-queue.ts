import type { z } from 'zod';
import type { CreateQueue, QueueSettings as QueueSettingsView } from '@onsale/contracts/queue';
import type { Member } from '@onsale/shared/auth';
import { afterCommit, inTransaction, type Database } from '@onsale/shared/db';
import { Refusal } from '@onsale/shared/errors';
import type { OpenQueue } from './open-queue.ts';
import { settingsViewOf } from './queue-view.ts';

interface Deps {
  readonly db: Database;
  readonly openQueue: OpenQueue;
  /** Tells every replica that the queue's definition changed. */
  readonly announce: (queueId: string) => void;
}

/** An operator opens a waiting room; what the request does not name has its default. @throws Refusal QUEUE_EXISTS */
export const createQueue =
  ({ db, openQueue, announce }: Deps) =>
  async ({ member, body: { id, ...patch } }: { member: Member; body: z.output<typeof CreateQueue> }): Promise<QueueSettingsView> => {
    const queue = await inTransaction(db, async (trx) => {
      afterCommit(trx, () => announce(id));
      return openQueue(trx, { id, patch, actor: member.id });
    });
    if (queue === undefined) throw new Refusal('QUEUE_EXISTS', `There is a queue "${id}" already.`);
    return settingsViewOf(queue, { waiting: 0, admitted: 0, lanes: [] });
  };
