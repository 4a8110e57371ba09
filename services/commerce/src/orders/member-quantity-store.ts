import type { Trx } from '@onsale/shared/db';
import { bytesToId, idToBytes } from '@onsale/shared/ids';

/** So many of a product for a member. */
export interface MemberQuantity {
  readonly productId: string;
  readonly memberId: string;
  readonly quantity: number;
}

/** How many a member has of a product. */
export type QuantityOf = (of: Pick<MemberQuantity, 'productId' | 'memberId'>) => number;

const keyOf = ({ productId, memberId }: Pick<MemberQuantity, 'productId' | 'memberId'>): string => `${productId} ${memberId}`;
/** Sums in memory, by product and member. */
export const createTally = (all: readonly MemberQuantity[] = []) => {
  const sums = new Map<string, number>();
  const of: QuantityOf = (one) => sums.get(keyOf(one)) ?? 0;
  const add = (one: MemberQuantity): void => void sums.set(keyOf(one), of(one) + one.quantity);
  for (const one of all) add(one);
  return { of, add };
};

const inOrder = (all: readonly MemberQuantity[]): MemberQuantity[] =>
  all.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0));
const bindingsOf = (all: readonly MemberQuantity[]) =>
  inOrder(all).flatMap(({ productId, memberId, quantity }) => [idToBytes(productId), idToBytes(memberId), quantity]);

/** Counts up without asking for a limit, by one statement; rows are made where they are missing, and locked in their order. */
export const addQuantities = async (trx: Trx, all: readonly MemberQuantity[]): Promise<void> => {
  if (all.length === 0) return;
  await trx.raw(
    `INSERT INTO member_quantities (product_id, member_id, quantity) VALUES ${all.map(() => '(?, ?, ?)').join(', ')}
     ON DUPLICATE KEY UPDATE quantity = quantity + VALUES(quantity)`,
    bindingsOf(all),
  );
};

/** Takes back what the same transaction has added and did not need; no row stays that says nothing. */
export const undoQuantities = async (trx: Trx, all: readonly MemberQuantity[]): Promise<void> => {
  if (all.length === 0) return;
  await trx.raw(
    `INSERT INTO member_quantities (product_id, member_id, quantity) VALUES ${all.map(() => '(?, ?, ?)').join(', ')}
     ON DUPLICATE KEY UPDATE quantity = quantity - VALUES(quantity)`,
    bindingsOf(all),
  );
  // product by product: a member's row of another product is not this transaction's to look at
  for (const [productId, ofProduct] of Map.groupBy(inOrder(all), (one) => one.productId))
    await trx('member_quantities')
      .where('product_id', idToBytes(productId))
      .whereIn('member_id', [...new Set(ofProduct.map(({ memberId }) => memberId))].map(idToBytes))
      .where('quantity', 0)
      .delete();
};

/** What these members have of these products: to be asked of rows that the transaction has counted up, and so locked. */
export const readQuantities = async (
  trx: Trx,
  { productIds, memberIds }: { productIds: readonly string[]; memberIds: readonly string[] },
): Promise<QuantityOf> => {
  const rows: { product_id: Buffer; member_id: Buffer; quantity: number }[] = await trx('member_quantities')
    .whereIn('product_id', productIds.map(idToBytes))
    .whereIn('member_id', memberIds.map(idToBytes))
    .select('product_id', 'member_id', 'quantity');
  return createTally(
    rows.map(({ product_id, member_id, quantity }) => ({ productId: bytesToId(product_id), memberId: bytesToId(member_id), quantity })),
  ).of;
};

/** Counts down what orders have counted up, row by row in their order. @throws Error when they had not */
export const subtractQuantities = async (trx: Trx, all: readonly MemberQuantity[]): Promise<void> => {
  for (const { productId, memberId, quantity } of inOrder(all)) {
    const changed = await trx('member_quantities')
      .where({ product_id: idToBytes(productId), member_id: idToBytes(memberId) })
      .where('quantity', '>=', quantity)
      .update({ quantity: trx.raw('quantity - ?', [quantity]) });
    if (changed !== 1) throw new Error(`member ${memberId} has fewer than ${quantity} of ${productId}`);
  }
};
