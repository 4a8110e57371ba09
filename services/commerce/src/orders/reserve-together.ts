import type { Trx } from '@onsale/shared/db';
import { Refusal } from '@onsale/shared/errors';
import { findProducts, type ProductRow } from '../products/product-store.ts';
import * as stock from '../stock/stock-store.ts';
import { addQuantities, readQuantities, undoQuantities, type MemberQuantity } from './member-quantity-store.ts';
import { judgeAgain, type DraftItem, type OrderDraft } from './order-draft.ts';
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

interface Locked {
  readonly available: number;
  /** What each member has; empty where nothing has a limit. */
  readonly has: Map<string, number>;
  readonly refused: Map<string, Refusal>;
}

/** Decides in memory, first come first served, over what the locked rows say; adds to those refused. */
const decide = (drafts: readonly SimpleDraft[], { available, has, refused }: Locked): NewOrder[] => {
  const accepted: NewOrder[] = [];
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
  return accepted;
};

/** Each by what the product is now; `refused` are those that may not have it any more. */
const judgeAllAgain = (drafts: readonly SimpleDraft[], products: ReadonlyMap<string, ProductRow>) => {
  const judged: SimpleDraft[] = [];
  const refused = new Map<string, Refusal>();
  for (const draft of drafts) {
    try {
      judged.push(judgeAgain(draft, products));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refused.set(draft.id, error);
    }
  }
  return { judged, refused };
};

const wantedOf = (drafts: readonly Pick<OrderDraft, 'memberId' | 'items'>[]): MemberQuantity[] =>
  drafts.flatMap(({ memberId, items }) => items.map(({ productId, quantity }) => ({ productId, memberId, quantity })));

/** What members had of a product before the `wanted` was counted in. */
const hadBefore = async (trx: Trx, productId: string, wanted: readonly MemberQuantity[]): Promise<Map<string, number>> => {
  const memberIds = [...new Set(wanted.map(({ memberId }) => memberId))];
  const countOf = await readQuantities(trx, { productIds: [productId], memberIds });
  const has = new Map(memberIds.map((memberId) => [memberId, countOf({ productId, memberId })]));
  for (const { memberId, quantity } of wanted) has.set(memberId, has.get(memberId)! - quantity);
  return has;
};

/**
 * Reserves what many orders of one product want, phase by phase in the order of locks: all quantities of members, then the stock. Each is decided as it
 * would be alone, by the product as it is once the locks are had, and only what was accepted is written.
 */
export const reserveTogether = async (trx: Trx, productId: string, drafts: readonly SimpleDraft[]): Promise<Reserved> => {
  if (drafts.length === 0) return { accepted: [], refused: new Map() };
  const wanted = wantedOf(drafts);
  await addQuantities(trx, wanted);
  const available = (await stock.lockStock(trx, [productId])).get(productId)?.available ?? 0;
  const { judged, refused } = judgeAllAgain(drafts, await findProducts(trx, [productId]));
  const has = judged.some(({ items: [{ limit }] }) => limit !== undefined)
    ? await hadBefore(trx, productId, wanted)
    : new Map<string, number>();
  const accepted = decide(judged, { available, has, refused });
  await undoQuantities(trx, wantedOf(drafts.filter(({ id }) => refused.has(id))));
  const quantity = wantedOf(accepted).reduce((sum, item) => sum + item.quantity, 0);
  if (quantity > 0 && !(await stock.reserve(trx, { productId, quantity }))) throw new Error(`the locked stock of ${productId} has changed`);
  return { accepted, refused };
};
