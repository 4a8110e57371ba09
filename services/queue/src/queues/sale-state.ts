import type { QueueState } from '@onsale/contracts/queue';
import type { QueueDefinition, QueueSettings } from './queue.ts';

/** What an operator may do to a sale. */
export type SaleAction = 'pause' | 'resume' | 'close';

/** The sale's state as everybody is told it: what the operator said last. */
export const saleState = (queue: Pick<QueueDefinition, 'state'>): QueueState => queue.state;

/** The state after an action; `undefined`: not from there. A closed sale stays closed: those who waited were told to go. */
export const steered = (state: QueueState, action: SaleAction): QueueState | undefined => {
  switch (action) {
    case 'pause':
      return state === 'CLOSED' ? undefined : 'PAUSED';
    case 'resume':
      return state === 'CLOSED' ? undefined : 'OPEN';
    case 'close':
      return 'CLOSED';
    default:
      return action satisfies never;
  }
};

/** Whether waiters come in. Those inside go on until their window ends, whatever the state. */
export const admits = (queue: Pick<QueueDefinition, 'state'>): boolean => saleState(queue) === 'OPEN';

/** The room that newcomers find: none in a closed sale. Who has a place keeps it. */
export const placesOf = (queue: Pick<QueueDefinition, 'state' | 'capacity'>): QueueSettings['capacity'] =>
  saleState(queue) === 'CLOSED' ? 0 : queue.capacity;
