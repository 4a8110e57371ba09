import { z } from 'zod';

/** What a coupon takes off an order: `value` percent of it, at most `max` points; or `value` points. */
export const Discount = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('PERCENT'), value: z.int().min(1).max(100), max: z.int().min(1).max(100_000_000).optional() }),
  z.strictObject({ type: z.literal('AMOUNT'), value: z.int().min(1).max(100_000_000) }),
]);
export type Discount = z.infer<typeof Discount>;
