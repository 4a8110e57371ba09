import type { Coupon as CouponView, Discount } from '@onsale/contracts/commerce';
import { Refusal, type FieldError } from '@onsale/shared/errors';

/** What an operator may change of a coupon. */
export interface CouponSettings {
  readonly name: string;
  readonly total: number;
  readonly issueFrom: Date;
  readonly issueUntil: Date;
  readonly validUntil: Date;
  readonly active: boolean;
}

export interface Coupon extends CouponSettings {
  readonly id: string;
  readonly discount: Discount;
  /** How many members have one. */
  readonly issued: number;
  /** Of the counters in Redis: nothing is issued by what was decided in another one. */
  readonly life: string;
  readonly createdAt: Date;
}

export const viewOf = ({ life: _life, issued, ...coupon }: Coupon): CouponView => ({
  ...coupon,
  remaining: coupon.total - issued,
  issueFrom: coupon.issueFrom.toISOString(),
  issueUntil: coupon.issueUntil.toISOString(),
  validUntil: coupon.validUntil.toISOString(),
  createdAt: coupon.createdAt.toISOString(),
});

/** Between the clock of a process and that of Redis, which judges the window. */
const CLOCKS_MS = 3_600_000;

/** Whether asking Redis is worth while: it is switched on, and not hours before or after its window. */
export const mayIssue = ({ active, issueFrom, issueUntil }: CouponSettings, now: Date): boolean =>
  active && now.getTime() > issueFrom.getTime() - CLOCKS_MS && now.getTime() < issueUntil.getTime() + CLOCKS_MS;

const faultsOf = ({ total, issueFrom, issueUntil, validUntil }: CouponSettings, issued: number): FieldError[] => [
  ...(total < issued ? [{ pointer: '/body/total', detail: `must be at least ${issued}: so many are issued` }] : []),
  ...(issueUntil <= issueFrom ? [{ pointer: '/body/issueUntil', detail: 'must be later than issueFrom' }] : []),
  ...(validUntil < issueUntil ? [{ pointer: '/body/validUntil', detail: 'must not be earlier than issueUntil' }] : []),
];

/** Nobody gets a coupon that is over already, and no more than there are. @throws Refusal VALIDATION_FAILED naming what does not fit */
export const assertFits = (settings: CouponSettings, issued = 0): void => {
  const errors = faultsOf(settings, issued);
  if (errors.length > 0) throw new Refusal('VALIDATION_FAILED', 'These settings do not fit together.', { errors });
};
