import type { Queue } from '@onsale/contracts/queue';
import { notFound } from '@onsale/shared/errors';
import type { Definitions } from './definitions.ts';
import { viewOf } from './queue-view.ts';
import type { ReadCounters } from './read-counters.ts';

/** One queue and its counters. @throws Refusal NOT_FOUND; whatever Redis throws when it is away */
export const readQueue =
  ({ definitions, readCounters }: { definitions: Definitions; readCounters: ReadCounters }) =>
  async (queueId: string): Promise<Queue> => {
    const queue = await definitions.get(queueId);
    if (queue === undefined) throw notFound('queue');
    const [counters] = await readCounters([queueId]);
    return viewOf(queue, counters!);
  };
