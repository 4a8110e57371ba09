import type { Queue, QueueSettings as QueueSettingsView } from '@onsale/contracts/queue';
import type { Counters } from '../line/line.ts';
import type { QueueDefinition } from './queue.ts';
import { saleState } from './sale-state.ts';

/** What anybody may know of a queue. */
export const viewOf = (queue: QueueDefinition, { waiting, admitted }: Counters): Queue => ({
  id: queue.id,
  state: saleState(queue),
  waiting,
  admitted,
  ...(queue.cap !== undefined && { cap: queue.cap }),
  ...(queue.admitPerSecond !== undefined && { admitPerSecond: queue.admitPerSecond }),
  ...(queue.message !== undefined && { message: queue.message }),
});

/** What an operator sees of it. */
export const settingsViewOf = (queue: QueueDefinition, counters: Counters): QueueSettingsView => ({
  ...viewOf(queue, counters),
  ...(queue.capacity !== undefined && { capacity: queue.capacity }),
  windowSeconds: queue.windowSeconds,
  abandonAfterSeconds: queue.abandonAfterSeconds,
  onExpiry: queue.onExpiry,
  tokenLifeSeconds: queue.tokenLifeSeconds,
  maxPollSeconds: queue.maxPollSeconds,
  createdAt: queue.createdAt.toISOString(),
});
