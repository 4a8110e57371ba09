import type { Trx } from '@onsale/shared/db';
import { bytesToId, idToBytes } from '@onsale/shared/ids';

/** So many of a product for a member. */
export interface MemberQuantity {
  readonly productId: string;
  readonly memberId: string;
  readonly quantity: number;
}

const keyOf = ({ productId, memberId }: MemberQuantity): string => `${productId} ${memberId}`;
const inOrder = (all: readonly MemberQuantity[]): MemberQuantity[] =>
  all.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0));

/** Counts up without asking for a limit, by one statement; rows are made where they are missing, and locked in their order. */
export const addQuantities = async (trx: Trx, all: readonly MemberQuantity[]): Promise<void> => {
  if (all.length === 0) return;
  await trx.raw(
    `INSERT INTO member_quantities (product_id, member_id, quantity) VALUES ${all.map(() => '(?, ?, ?)').join(', ')}
     ON DUPLICATE KEY UPDATE quantity = quantity + VALUES(quantity)`,
    inOrder(all).flatMap(({ productId, memberId, quantity }) => [idToBytes(productId), idToBytes(memberId), quantity]),
  );
};

/** What members have of one product, locked until the transaction ends. The rows are made first: a lock on a row that is missing would lock the gap, for others too. */
export const lockQuantities = async (
  trx: Trx,
  { productId, memberIds }: { productId: string; memberIds: readonly string[] },
): Promise<ReadonlyMap<string, number>> => {
  await addQuantities(
    trx,
    memberIds.map((memberId) => ({ productId, memberId, quantity: 0 })),
  );
  const rows: { member_id: Buffer; quantity: number }[] = await trx('member_quantities')
    .where('product_id', idToBytes(productId))
    .whereIn('member_id', memberIds.map(idToBytes))
    .forUpdate()
    .select('member_id', 'quantity');
  return new Map(rows.map(({ member_id, quantity }) => [bytesToId(member_id), quantity]));
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
