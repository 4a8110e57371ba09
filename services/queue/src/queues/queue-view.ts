import type { Queue, QueueSettings as QueueSettingsView } from '@onsale/contracts/queue';
import type { Counters } from '../line/line-views.ts';
import { laneNames, weightOf } from './lanes.ts';
import type { QueueDefinition } from './queue.ts';
import { saleState } from './sale-state.ts';

/** The lanes that are set, and those that were taken away and still have waiters; nothing where there is the standard one alone. */
const lanesOf = (queue: QueueDefinition, counted: Counters['lanes']): Pick<Queue, 'lanes'> => {
  const waitingIn = new Map(counted.map(({ name, waiting }) => [name, waiting]));
  const names = new Set([...laneNames(queue), ...counted.filter(({ waiting }) => waiting > 0).map(({ name }) => name)]);
  if (names.size === 1) return {};
  return { lanes: [...names].map((name) => ({ name, weight: weightOf(queue, name), waiting: waitingIn.get(name) ?? 0 })) };
};

/** What anybody may know of a queue. */
export const viewOf = (queue: QueueDefinition, { waiting, admitted, lanes }: Counters): Queue => ({
  id: queue.id,
  state: saleState(queue),
  waiting,
  admitted,
  ...(queue.cap !== undefined && { cap: queue.cap }),
  ...(queue.admitPerSecond !== undefined && { admitPerSecond: queue.admitPerSecond }),
  ...lanesOf(queue, lanes),
  ...(queue.opening !== undefined && { opensAt: queue.opening.opensAt.toISOString() }),
  ...(queue.message !== undefined && { message: queue.message }),
});

/** What an operator sees of it. */
export const settingsViewOf = (queue: QueueDefinition, counters: Counters): QueueSettingsView => ({
  ...viewOf(queue, counters),
  ...(queue.capacity !== undefined && { capacity: queue.capacity }),
  windowSeconds: queue.windowSeconds,
  ...(queue.noShowAfterSeconds !== undefined && { noShowAfterSeconds: queue.noShowAfterSeconds }),
  abandonAfterSeconds: queue.abandonAfterSeconds,
  onExpiry: queue.onExpiry,
  tokenLifeSeconds: queue.tokenLifeSeconds,
  maxPollSeconds: queue.maxPollSeconds,
  epoch: queue.epochsEnded + 1,
  createdAt: queue.createdAt.toISOString(),
});
