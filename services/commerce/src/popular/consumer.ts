import { orderCancelled, orderCompleted } from '@onsale/contracts/commerce';
import { on, type Handler } from '@onsale/shared/inbox';
import type { Ranking } from './ranking.ts';
import { hourOf } from './window.ts';

/**
 * Orders that were paid or cancelled, counted in the ranking. That is in Redis alone, so the inbox row, which comes after it, cannot make it once: the
 * ranking itself knows an order that it has counted.
 */
export const popularityHandlers = ({ ranking }: { ranking: Ranking }): Handler[] => [
  on(orderCompleted, async ({ data: { orderId, completedAt, items } }) => {
    const at = new Date(completedAt);
    await ranking.count({ kind: 'completed', orderId, hour: hourOf(at), at, items });
  }),
  on(orderCancelled, async ({ data: { orderId, completedAt, cancelledAt, items } }) => {
    await ranking.count({ kind: 'cancelled', orderId, hour: hourOf(new Date(completedAt)), at: new Date(cancelledAt), items });
  }),
];
