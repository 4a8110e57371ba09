import type { Refusal } from '@onsale/shared/errors';
import type { Trx } from '@onsale/shared/db';
import * as stock from '../stock/stock-store.ts';
import { addQuantities, lockQuantities } from './member-quantity-store.ts';
import type { DraftItem, OrderDraft } from './order-draft.ts';
import { MemberLimit, OutOfStock } from './order-errors.ts';
import type { NewOrder } from './order-store.ts';

/** An order of one product, without a coupon: what may be reserved together with others of that product. */
export interface SimpleDraft extends OrderDraft {
  readonly items: readonly [DraftItem];
  readonly memberCouponId?: never;
}

export const isSimple = (draft: OrderDraft): draft is SimpleDraft => draft.items.length === 1 && draft.memberCouponId === undefined;

/** What came of each: to be written, or refused with nothing changed. */
export interface Reserved {
  readonly accepted: readonly NewOrder[];
  readonly refused: Map<string, Refusal>;
}

/** Decides in memory, first come first served, over what the locked rows say. */
const decide = (drafts: readonly SimpleDraft[], { available, has }: { available: number; has: Map<string, number> }): Reserved => {
  const accepted: NewOrder[] = [];
  const refused = new Map<string, Refusal>();
  let left = available;
  for (const draft of drafts) {
    const { id, memberId, items } = draft;
    const [{ productId, quantity, limit }] = items;
    const owned = has.get(memberId) ?? 0;
    if (limit !== undefined && owned + quantity > limit) refused.set(id, new MemberLimit({ productId, limit, has: owned }));
    else if (quantity > left) refused.set(id, new OutOfStock([{ productId, requested: quantity, available: left }]));
    else {
      left -= quantity;
      has.set(memberId, owned + quantity);
      accepted.push({ ...draft, discount: 0 });
    }
  }
  return { accepted, refused };
};

/**
 * Reserves what many orders of one product want, phase by phase in the order of locks: all quantities of members, then the stock. Each is decided as it
 * would be alone, and only what was accepted is written.
 */
export const reserveTogether = async (trx: Trx, productId: string, drafts: readonly SimpleDraft[]): Promise<Reserved> => {
  const limited = drafts.filter(({ items: [{ limit }] }) => limit !== undefined).map(({ memberId }) => memberId);
  const has =
    limited.length === 0 ? new Map<string, number>() : new Map(await lockQuantities(trx, { productId, memberIds: [...new Set(limited)] }));
  const available = (await stock.lockStock(trx, [productId])).get(productId)?.available ?? 0;
  const reserved = decide(drafts, { available, has });
  const wanted = reserved.accepted.flatMap(({ memberId, items }) => items.map(({ quantity }) => ({ productId, memberId, quantity })));
  if (wanted.length === 0) return reserved;
  await addQuantities(trx, wanted);
  const quantity = wanted.reduce((sum, item) => sum + item.quantity, 0);
  if (!(await stock.reserve(trx, { productId, quantity }))) throw new Error(`the locked stock of ${productId} has changed`);
  return reserved;
};
