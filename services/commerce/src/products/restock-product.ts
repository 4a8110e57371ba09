import type { ProductDetail } from '@onsale/contracts/commerce';
import { insertAudit } from '@onsale/shared/audit';
import type { Database } from '@onsale/shared/db';
import { notFound } from '@onsale/shared/errors';
import { malformed } from '@onsale/shared/http';
import type { Once } from '@onsale/shared/idempotency';
import { restock } from '../stock/stock-store.ts';
import { findProducts } from './product-store.ts';
import { detailOf, withStock } from './product-view.ts';

interface RestockProduct {
  /** Who says that it has come in. */
  readonly operatorId: string;
  readonly id: string;
  readonly quantity: number;
  readonly once: Once;
}

/**
 * More of a product is there from now on; audited in the same transaction, once for each key.
 * @throws Refusal NOT_FOUND; VALIDATION_FAILED when there would be more than the safe integers can count
 */
export const restockProduct =
  ({ db }: { db: Database }) =>
  ({ operatorId, id, quantity, once }: RestockProduct): Promise<ProductDetail> =>
    once.transaction(db, async (trx) => {
      const product = (await findProducts(trx, [id])).get(id);
      if (product === undefined) throw notFound('product');
      if (!(await restock(trx, { productId: id, quantity }))) {
        throw malformed('There would be more of it than can be counted.', [{ pointer: '/body/quantity', detail: 'is too large' }]);
      }
      const [detail] = await withStock(trx, [product], detailOf);
      await insertAudit(trx, { actor: operatorId, action: 'product.restock', subject: id, after: { quantity, stocked: detail!.stocked } });
      return detail!;
    });
