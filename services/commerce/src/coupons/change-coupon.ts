import type { Coupon as CouponView } from '@onsale/contracts/commerce';
import { insertAudit } from '@onsale/shared/audit';
import { inTransaction, type Database } from '@onsale/shared/db';
import type { Definitions } from '@onsale/shared/definitions';
import { notFound } from '@onsale/shared/errors';
import type { NewId } from '@onsale/shared/ids';
import { lockCoupon, updateCoupon } from './coupon-store.ts';
import { assertFits, viewOf, type Coupon, type CouponSettings } from './coupon.ts';

interface Deps {
  readonly db: Database;
  readonly newId: NewId;
  readonly definitions: Definitions<Coupon>;
}

export type CouponPatch = { readonly [K in keyof CouponSettings]?: CouponSettings[K] | undefined };

interface ChangeOfCoupon {
  readonly operatorId: string;
  readonly id: string;
  readonly patch: CouponPatch;
}

const changed = (old: Coupon, patch: CouponPatch): Coupon => ({
  ...old,
  ...Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)),
});

/**
 * An operator changes what the request names, audited in the same transaction. It begins a new life of the coupon's counters, so from its commit on
 * nothing is issued by what was decided before; what is refused may be told by the old settings for half a second more.
 * @throws Refusal NOT_FOUND; VALIDATION_FAILED when the settings do not fit together, or there would be fewer than are issued
 */
export const changeCoupon =
  ({ db, newId, definitions }: Deps) =>
  async ({ operatorId, id, patch }: ChangeOfCoupon): Promise<CouponView> => {
    const view = await inTransaction(db, async (trx) => {
      const old = await lockCoupon(trx, id);
      if (old === undefined) throw notFound('coupon');
      const coupon = { ...changed(old, patch), life: newId() };
      assertFits(coupon, coupon.issued);
      await updateCoupon(trx, coupon);
      const [before, after] = [viewOf(old), viewOf(coupon)];
      await insertAudit(trx, { actor: operatorId, action: 'coupon.change', subject: id, before, after });
      return after;
    });
    definitions.forget(id);
    return view;
  };
