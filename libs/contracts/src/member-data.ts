import { z } from 'zod';
import { event } from './message.ts';
import type { Owner } from './route.ts';
import { Id } from './shapes.ts';

/** What the fleet keeps of a member, by kind; each has one owner. */
export const DataSection = z.enum(['member', 'sessions', 'orders', 'coupons', 'walletEntries', 'payments', 'reservations', 'places']);
export type DataSection = z.infer<typeof DataSection>;

/** Who tells of which. */
export const sectionsOf = {
  commerce: ['member', 'sessions', 'orders', 'coupons'],
  payment: ['walletEntries', 'payments'],
  reservation: ['reservations'],
  queue: ['places'],
} as const satisfies Partial<Record<Owner, readonly DataSection[]>>;
export type DataOwner = keyof typeof sectionsOf;

/** One of the `parts` messages that a section comes in; `truncated` where there is more than was asked for. */
export const DataPart = z.object({
  exportId: Id,
  section: DataSection,
  part: z.int().min(1),
  parts: z.int().min(1),
  truncated: z.boolean(),
  items: z.array(z.record(z.string(), z.unknown())),
});
export type DataPart = z.infer<typeof DataPart>;

/** An owner's answer to `memberDataRequested`: ids, amounts and times, as all messages; names and addresses never leave commerce. */
export const memberData = (owner: DataOwner) => event({ owner, type: `onsale.${owner}.member-data.v1`, data: DataPart });
