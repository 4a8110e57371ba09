import type { Admission } from '@onsale/shared/auth';
import { Refusal } from '@onsale/shared/errors';
import type { ProductRow } from '../products/product-store.ts';
import { byProduct, type Quantity, type Stock } from '../stock/stock-store.ts';
import {
  MixedQueues,
  OrderTooLarge,
  OutOfStock,
  ProductNotOnSale,
  ProductUnknown,
  QueueTokenRequired,
  QueueWrong,
} from './order-errors.ts';
import type { CameBy } from './purchase.ts';

export interface DraftItem extends Quantity {
  readonly unitPrice: number;
  /** How many of it one member may have. */
  readonly limit?: number;
  /** The product's, when this was judged. */
  readonly version: number;
}

/** An order before anything of it is written. Its items are in the order in which their rows are locked. */
export interface OrderDraft {
  readonly id: string;
  readonly memberId: string;
  readonly items: readonly DraftItem[];
  /** Points of all items together, before any coupon. */
  readonly subtotal: number;
  readonly memberCouponId?: string;
  /** The turn in a waiting room that whoever orders has shown. */
  readonly admission: Admission | undefined;
  /** The number of it that the order is to spend: where its products have that waiting room. */
  readonly cameBy?: CameBy | undefined;
  readonly at: Date;
}

/** A product with the stock that it had a moment ago. */
export interface Offer {
  readonly product: ProductRow;
  readonly stock: Stock;
}

/** The number by which products with a waiting room may be had; none is needed where they have none. @throws MixedQueues, QueueTokenRequired, QueueWrong; Refusal QUEUE_NOT_ADMITTED */
const admittedBy = (products: readonly ProductRow[], admission: Admission | undefined): CameBy | undefined => {
  const queueIds = [...new Set(products.flatMap(({ queueId }) => queueId ?? []))];
  const [queueId] = queueIds;
  if (queueId === undefined) return undefined;
  if (queueIds.length > 1) throw new MixedQueues(queueIds);
  if (admission === undefined) throw new QueueTokenRequired(queueId);
  if (admission.queueId !== queueId) throw new QueueWrong(queueId);
  if (admission.status !== 'ADMITTED') throw new Refusal('QUEUE_NOT_ADMITTED', 'It is not your turn yet.', { extra: { queueId } });
  return { queueId, number: admission.number };
};

const subtotalOf = (items: readonly DraftItem[]): number => {
  let sum = 0n;
  for (const { quantity, unitPrice } of items) sum += BigInt(quantity) * BigInt(unitPrice);
  if (sum > BigInt(Number.MAX_SAFE_INTEGER)) throw new OrderTooLarge();
  return Number(sum);
};

/** Those of which fewer are free than were asked for. */
export const shortagesOf = (items: readonly Quantity[], stockOf: (productId: string) => Pick<Stock, 'available'> | undefined) =>
  items.flatMap(({ productId, quantity: requested }) => {
    const available = stockOf(productId)?.available ?? 0;
    return available < requested ? [{ productId, requested, available }] : [];
  });

interface Asked {
  readonly items: readonly Quantity[];
  readonly products: ReadonlyMap<string, ProductRow>;
  readonly admission: Admission | undefined;
}

/** What items cost by these products, and whether they may be had. */
const price = ({ items, products, admission }: Asked): Pick<OrderDraft, 'items' | 'subtotal' | 'cameBy'> => {
  const unknown = items.flatMap(({ productId }, index) =>
    products.has(productId) ? [] : [{ pointer: `/body/items/${index}/productId`, detail: 'there is no such product' }],
  );
  if (unknown.length > 0) throw new ProductUnknown(unknown);
  const wanted = items.map(({ productId }) => products.get(productId)!);
  const offSale = wanted.filter(({ onSale }) => !onSale);
  if (offSale.length > 0) throw new ProductNotOnSale(offSale.map(({ id }) => id));
  const cameBy = admittedBy(wanted, admission);
  const priced = byProduct(items).map(({ productId, quantity }): DraftItem => {
    const { price: unitPrice, perMemberLimit, version } = products.get(productId)!;
    return { productId, quantity, unitPrice, ...(perMemberLimit === undefined ? {} : { limit: perMemberLimit }), version };
  });
  return { items: priced, subtotal: subtotalOf(priced), cameBy };
};

interface Judged {
  readonly items: readonly Quantity[];
  readonly offers: ReadonlyMap<string, Offer>;
  readonly admission: Admission | undefined;
}

/**
 * What an order would cost, by the offers of the moment; most of a stampede for what is sold out ends here, without a lock.
 * @throws ProductUnknown, ProductNotOnSale, MixedQueues, QueueTokenRequired, QueueWrong, OrderTooLarge, OutOfStock; Refusal QUEUE_NOT_ADMITTED
 */
export const judgeOrder = ({ items, offers, admission }: Judged): Pick<OrderDraft, 'items' | 'subtotal' | 'admission' | 'cameBy'> => {
  const products = new Map([...offers].map(([id, { product }]) => [id, product]));
  const priced = price({ items, products, admission });
  const shortages = shortagesOf(items, (id) => offers.get(id)?.stock);
  if (shortages.length > 0) throw new OutOfStock(shortages);
  return { ...priced, admission };
};

/**
 * An order by what its products are now: the same one where no operator has changed them since it was judged. Its stock is not looked at.
 * @throws what `judgeOrder` throws, but OutOfStock
 */
export const judgeAgain = <D extends OrderDraft>(draft: D, products: ReadonlyMap<string, ProductRow>): D => {
  const { items, admission } = draft;
  if (items.every(({ productId, version }) => products.get(productId)?.version === version)) return draft;
  return { ...draft, ...price({ items, products, admission }) };
};
