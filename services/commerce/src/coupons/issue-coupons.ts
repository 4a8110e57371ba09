import type { MemberCoupon } from '@onsale/contracts/commerce';
import { tooLate } from '@onsale/shared/errors';
import { answerEach } from '@onsale/shared/http';
import type { Log } from '@onsale/shared/log';
import type { issueCoupon } from './issue-coupon.ts';

interface Deps {
  readonly issueCoupon: ReturnType<typeof issueCoupon>;
  readonly log: Log;
}

interface Asked {
  readonly couponId: string;
  readonly memberId: string;
  /** What theirs is to be called. */
  readonly id: string;
}

/** Coupons for many members. Asked again by the same ids it gives the same ones. */
export const issueCoupons = ({ issueCoupon, log }: Deps) =>
  answerEach({
    answer: async (asked: Asked): Promise<{ coupon: MemberCoupon }> => ({ coupon: await issueCoupon(asked) }),
    late: tooLate,
    about: ({ couponId }) => ({ couponId }),
    log,
  });
