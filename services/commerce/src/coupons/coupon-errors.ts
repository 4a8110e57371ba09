import { Refusal } from '@onsale/shared/errors';
import type { Coupon } from './coupon.ts';

export class CouponNotActive extends Refusal {
  constructor({ active, issueFrom, issueUntil }: Coupon) {
    super('COUPON_NOT_ACTIVE', active ? 'This coupon is given out at another time.' : 'This coupon is not given out at the moment.', {
      extra: { issueFrom: issueFrom.toISOString(), issueUntil: issueUntil.toISOString() },
    });
  }
}

export class CouponSoldOut extends Refusal {
  constructor() {
    super('COUPON_SOLD_OUT', 'All of this coupon have been given out.');
  }
}

export class CouponAlreadyIssued extends Refusal {
  constructor(memberCouponId: string) {
    super('COUPON_ALREADY_ISSUED', 'You have this coupon.', { extra: { memberCouponId } });
  }
}
