import type { BodyOf } from '@onsale/contracts';
import type { changeProduct as contract, ProductDetail } from '@onsale/contracts/commerce';
import { insertAudit } from '@onsale/shared/audit';
import { inTransaction, type Database } from '@onsale/shared/db';
import { notFound } from '@onsale/shared/errors';
import { lockProduct, updateProduct, type ProductRow } from './product-store.ts';
import { detailOf, withStock } from './product-view.ts';
import { setWords } from './product-words-store.ts';

type Patch = BodyOf<typeof contract>;

interface ChangeProduct {
  /** Who changes it. */
  readonly operatorId: string;
  readonly id: string;
  readonly patch: Patch;
}

/** What is absent stays, `null` takes away. */
const chosen = <T>(wanted: T | null | undefined, old: T | undefined): T | undefined => (wanted === undefined ? old : (wanted ?? undefined));

const patched = (old: ProductRow, patch: Patch): ProductRow => {
  const { id, createdAt } = old;
  const perMemberLimit = chosen(patch.perMemberLimit, old.perMemberLimit);
  const queueId = chosen(patch.queueId, old.queueId);
  return {
    id,
    name: patch.name ?? old.name,
    price: patch.price ?? old.price,
    onSale: patch.onSale ?? old.onSale,
    ...(perMemberLimit !== undefined && { perMemberLimit }),
    ...(queueId !== undefined && { queueId }),
    version: old.version + 1,
    createdAt,
  };
};

const settingsOf = ({ id: _id, version: _version, createdAt: _createdAt, ...settings }: ProductRow) => settings;

/**
 * An operator changes what the request names, audited in the same transaction. It holds for every order that has
 * not reserved its stock yet, also one that waits for it; those that have keep their price.
 * @throws Refusal NOT_FOUND
 */
export const changeProduct =
  ({ db }: { db: Database }) =>
  ({ operatorId, id, patch }: ChangeProduct): Promise<ProductDetail> =>
    inTransaction(db, async (trx) => {
      const old = await lockProduct(trx, id);
      if (old === undefined) throw notFound('product');
      const changed = patched(old, patch);
      await updateProduct(trx, changed);
      if (changed.name !== old.name) await setWords(trx, changed);
      const [before, after] = [settingsOf(old), settingsOf(changed)];
      await insertAudit(trx, { actor: operatorId, action: 'product.change', subject: id, before, after });
      const [detail] = await withStock(trx, [changed], detailOf);
      return detail!;
    });
