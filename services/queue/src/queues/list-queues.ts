import type { Queue } from '@onsale/contracts/queue';
import type { Database } from '@onsale/shared/db';
import { listQueues as findQueues } from './queue-store.ts';
import { viewOf } from './queue-view.ts';
import type { ReadCounters } from './read-counters.ts';

interface Page {
  readonly items: Queue[];
  readonly nextCursor?: string;
}

/** A page of queues, by id; the cursor is the last id shown. @throws whatever an engine throws when it is away */
export const listQueues =
  ({ db, readCounters }: { db: Database; readCounters: ReadCounters }) =>
  async ({ limit, cursor }: { limit: number; cursor?: string | undefined }): Promise<Page> => {
    const found = await findQueues(db, { after: cursor ?? '', limit: limit + 1 });
    const shown = found.slice(0, limit);
    const counters = await readCounters(shown.map(({ id }) => id));
    return {
      items: shown.map((queue, i) => viewOf(queue, counters[i]!)),
      ...(found.length > limit && { nextCursor: shown.at(-1)!.id }),
    };
  };
