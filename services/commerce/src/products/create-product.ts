import type { BodyOf } from '@onsale/contracts';
import type { createProduct as contract, ProductDetail } from '@onsale/contracts/commerce';
import { insertAudit } from '@onsale/shared/audit';
import type { Database } from '@onsale/shared/db';
import type { Once } from '@onsale/shared/idempotency';
import type { Clock, NewId } from '@onsale/shared/ids';
import { insertStock } from '../stock/stock-store.ts';
import { insertProduct } from './product-store.ts';
import { detailOf } from './product-view.ts';
import { setWords } from './product-words-store.ts';

interface CreateProduct {
  /** Who puts it there. */
  readonly operatorId: string;
  readonly about: BodyOf<typeof contract>;
  readonly once: Once;
}

/** An operator puts a product with its stock into the shop, on sale unless said otherwise; audited in the same transaction, once for each key. */
export const createProduct =
  ({ db, clock, newId }: { db: Database; clock: Clock; newId: NewId }) =>
  ({ operatorId, about: { stock, onSale = true, name, price, perMemberLimit, queueId }, once }: CreateProduct): Promise<ProductDetail> => {
    const settings = {
      name,
      price,
      onSale,
      ...(perMemberLimit !== undefined && { perMemberLimit }),
      ...(queueId !== undefined && { queueId }),
    };
    const product = { id: newId(), ...settings, createdAt: clock.now() };
    return once.transaction(db, async (trx) => {
      await insertProduct(trx, product);
      await setWords(trx, product);
      await insertStock(trx, { productId: product.id, quantity: stock });
      await insertAudit(trx, { actor: operatorId, action: 'product.create', subject: product.id, after: { ...settings, stock } });
      return detailOf({ ...product, version: 1 }, { available: stock, reserved: 0, stocked: stock });
    });
  };
