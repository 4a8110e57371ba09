import type { QueueState } from '@onsale/contracts/queue';
import type { QueueDefinition, QueueSettings } from './queue.ts';

/** What an operator may do to a sale. */
export type SaleAction = 'pause' | 'resume' | 'close';

type Sale = Pick<QueueDefinition, 'state'> & Partial<Pick<QueueDefinition, 'opening'>>;

/** The sale's state as everybody is told it: what the operator said last, but PREQUEUE until it has opened. */
export const saleState = ({ state, opening }: Sale): QueueState => {
  if (state === 'CLOSED') return state;
  return opening?.opened === false ? 'PREQUEUE' : state;
};

/** The state after an action; `undefined`: not from there. A closed sale stays closed: those who waited were told to go. */
export const steered = (state: QueueDefinition['state'], action: SaleAction): QueueDefinition['state'] | undefined => {
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

/** Whether waiters come in: it is open, and all of its draw are written down. Those inside go on until their window ends, whatever the state. */
export const admits = (sale: Sale): boolean => saleState(sale) === 'OPEN' && sale.opening?.listed !== false;

/** The room that newcomers find: none in a closed sale. Who has a place keeps it. */
export const placesOf = (queue: Sale & Pick<QueueDefinition, 'capacity'>): QueueSettings['capacity'] =>
  saleState(queue) === 'CLOSED' ? 0 : queue.capacity;
