import { z } from 'zod';
import { event } from '../message.ts';
import { Id, Points, Timestamp } from '../shapes.ts';

const OrderFact = z.object({
  orderId: Id,
  memberId: Id,
  items: z.array(z.object({ productId: Id, quantity: z.int(), unitPrice: Points })),
  total: Points,
});

/** An order is paid. `sequence` is the order's version: what counts orders counts by the newest it has seen. */
export const orderCompleted = event({
  owner: 'commerce',
  type: 'onsale.commerce.order-completed.v1',
  data: OrderFact.extend({ completedAt: Timestamp }),
});

/** A paid order was taken back: `completedAt` is when it had been paid. */
export const orderCancelled = event({
  owner: 'commerce',
  type: 'onsale.commerce.order-cancelled.v1',
  data: OrderFact.extend({ completedAt: Timestamp, cancelledAt: Timestamp }),
});
