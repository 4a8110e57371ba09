import type { Sale } from '@onsale/contracts/queue';
import { within } from '@onsale/shared/deadline';
import type { Definitions } from '@onsale/shared/definitions';
import type { QueueDefinition } from '../queues/queue.ts';
import { saleState } from '../queues/sale-state.ts';

/** As for the checks that it goes with: a queue that cannot be read so soon is left out. */
const DEFINITION_MS = 500;

/** What members are told of the sale that their place is in. */
export const saleOf = (queue: Pick<QueueDefinition, 'state' | 'message'>): Omit<Sale, 'queueId'> => ({
  state: saleState(queue),
  ...(queue.message !== undefined && { message: queue.message }),
});

/** The sales of the queues that these tokens are for, once for each; without those that are not there or cannot be read. Never throws. */
export const tellSales =
  ({ definitions }: { definitions: Definitions<QueueDefinition> }) =>
  async (tokens: readonly { readonly queueId: string }[]): Promise<Sale[]> => {
    const read = async (queueId: string): Promise<Sale[]> => {
      const queue = await within(DEFINITION_MS, definitions.get(queueId)).catch(() => undefined);
      return queue === undefined ? [] : [{ queueId, ...saleOf(queue) }];
    };
    return (await Promise.all([...new Set(tokens.map(({ queueId }) => queueId))].map(read))).flat();
  };
