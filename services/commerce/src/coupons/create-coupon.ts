import type { Coupon as CouponView, Discount } from '@onsale/contracts/commerce';
import { insertAudit } from '@onsale/shared/audit';
import type { Database } from '@onsale/shared/db';
import type { Once } from '@onsale/shared/idempotency';
import type { Clock, NewId } from '@onsale/shared/ids';
import { insertCoupon } from './coupon-store.ts';
import { assertFits, viewOf, type CouponSettings } from './coupon.ts';

interface Deps {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: NewId;
}

interface NewCoupon extends CouponSettings {
  /** Who makes it. */
  readonly operatorId: string;
  readonly discount: Discount;
  readonly once: Once;
}

/** An operator makes a coupon, audited in the same transaction, once for each key. @throws Refusal VALIDATION_FAILED when its times do not fit together */
export const createCoupon =
  ({ db, clock, newId }: Deps) =>
  async ({ operatorId, once, ...given }: NewCoupon): Promise<CouponView> => {
    assertFits(given);
    const coupon = { ...given, id: newId(), life: newId(), createdAt: clock.now() };
    const view = viewOf({ ...coupon, issued: 0 });
    return once.transaction(db, async (trx) => {
      await insertCoupon(trx, coupon);
      await insertAudit(trx, { actor: operatorId, action: 'coupon.create', subject: coupon.id, after: view });
      return view;
    });
  };
