import type { Trx } from '@onsale/shared/db';
import { Refusal } from '@onsale/shared/errors';
import { findProducts, type ProductRow } from '../products/product-store.ts';
import * as stock from '../stock/stock-store.ts';
import {
  addQuantities,
  createTally,
  readQuantities,
  undoQuantities,
  type MemberQuantity,
  type QuantityOf,
} from './member-quantity-store.ts';
import { judgeAgain, type DraftItem, type OrderDraft } from './order-draft.ts';
import { MemberLimit, OutOfStock } from './order-errors.ts';
import type { NewOrder } from './order-store.ts';

/** An order of one product, without a coupon: what may be reserved together with others. */
export interface SimpleDraft extends OrderDraft {
  readonly items: readonly [DraftItem];
  readonly memberCouponId?: never;
}

export const productOf = ({ items: [{ productId }] }: SimpleDraft): string => productId;

export const isSimple = (draft: OrderDraft): draft is SimpleDraft => draft.items.length === 1 && draft.memberCouponId === undefined;

/** What came of each: to be written, or refused with nothing changed. */
export interface Reserved {
  readonly accepted: readonly NewOrder[];
  readonly refused: Map<string, Refusal>;
}

interface Locked {
  readonly stock: ReadonlyMap<string, Pick<stock.Stock, 'available'>>;
  /** What members had of products that have a limit. */
  readonly had: QuantityOf;
  readonly refused: Map<string, Refusal>;
}

/** Decides in memory, first come first served, over what the locked rows say; adds to those refused. */
const decide = (drafts: readonly SimpleDraft[], { stock: locked, had, refused }: Locked): NewOrder[] => {
  const accepted: NewOrder[] = [];
  const left = new Map([...locked].map(([id, { available }]) => [id, available]));
  const taken = createTally();
  for (const draft of drafts) {
    const { id, memberId, items } = draft;
    const [{ productId, quantity, limit }] = items;
    const available = left.get(productId) ?? 0;
    const owned = limit === undefined ? 0 : had({ productId, memberId }) + taken.of({ productId, memberId });
    if (limit !== undefined && owned + quantity > limit) refused.set(id, new MemberLimit({ productId, limit, has: owned }));
    else if (quantity > available) refused.set(id, new OutOfStock([{ productId, requested: quantity, available }]));
    else {
      left.set(productId, available - quantity);
      taken.add({ productId, memberId, quantity });
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

/** What members had of products that have a limit by now, before the `wanted` was counted in. */
const hadBefore = async (trx: Trx, judged: readonly SimpleDraft[], wanted: readonly MemberQuantity[]): Promise<QuantityOf> => {
  const limited = judged.filter(({ items: [{ limit }] }) => limit !== undefined);
  if (limited.length === 0) return () => 0;
  const countOf = await readQuantities(trx, {
    productIds: [...new Set(limited.map(productOf))],
    memberIds: [...new Set(limited.map(({ memberId }) => memberId))],
  });
  const counted = createTally(wanted);
  return (of) => countOf(of) - counted.of(of);
};

/** So many of each product, ids ascending. */
const sumsOf = (all: readonly MemberQuantity[]): stock.Quantity[] => {
  const sums = new Map<string, number>();
  for (const { productId, quantity } of all) sums.set(productId, quantity + (sums.get(productId) ?? 0));
  return stock.byProduct([...sums].map(([productId, quantity]) => ({ productId, quantity })));
};

/**
 * Reserves what many orders of one product each want, phase by phase in the order of locks: all quantities of members, then the stock, ids ascending. Each
 * is decided as it would be alone, by its product as it is once the locks are had, and only what was accepted is written.
 */
export const reserveTogether = async (trx: Trx, drafts: readonly SimpleDraft[]): Promise<Reserved> => {
  if (drafts.length === 0) return { accepted: [], refused: new Map() };
  const productIds = [...new Set(drafts.map(productOf))];
  const wanted = wantedOf(drafts);
  await addQuantities(trx, wanted);
  const locked = await stock.lockStock(trx, productIds);
  const { judged, refused } = judgeAllAgain(drafts, await findProducts(trx, productIds));
  const had = await hadBefore(trx, judged, wanted);
  const accepted = decide(judged, { stock: locked, had, refused });
  await undoQuantities(trx, wantedOf(drafts.filter(({ id }) => refused.has(id))));
  for (const sum of sumsOf(wantedOf(accepted)))
    if (!(await stock.reserve(trx, sum))) throw new Error(`the locked stock of ${sum.productId} has changed`);
  return { accepted, refused };
};
