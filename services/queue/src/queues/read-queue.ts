import type { Queue } from '@onsale/contracts/queue';
import type { Definitions } from '@onsale/shared/definitions';
import { notFound } from '@onsale/shared/errors';
import { viewOf } from './queue-view.ts';
import type { QueueDefinition } from './queue.ts';
import type { ReadCounters } from './read-counters.ts';

/** One queue and its counters. @throws Refusal NOT_FOUND; whatever Redis throws when it is away */
export const readQueue =
  ({ definitions, readCounters }: { definitions: Definitions<QueueDefinition>; readCounters: ReadCounters }) =>
  async (queueId: string): Promise<Queue> => {
    const queue = await definitions.get(queueId);
    if (queue === undefined) throw notFound('queue');
    const [counters] = await readCounters([queueId]);
    return viewOf(queue, counters!);
  };
