import { z } from 'zod';
import { route } from '../route.ts';
import { Id, IdParams, page, PageQuery, text, Timestamp, TimestampInput } from '../shapes.ts';

/** Most points that a discount may be. */
const MAX_POINTS = 100_000_000;

/** What a coupon takes off an order: `value` percent of it, at most `max` points; or `value` points. */
export const Discount = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('PERCENT'), value: z.int().min(1).max(100), max: z.int().min(1).max(MAX_POINTS).optional() }),
  z.strictObject({ type: z.literal('AMOUNT'), value: z.int().min(1).max(MAX_POINTS) }),
]);
export type Discount = z.infer<typeof Discount>;

/** `remaining` of `total` are still to be had, from `issueFrom` to before `issueUntil` and while it is `active`; one that was issued is good until `validUntil`. */
export const Coupon = z.object({
  id: Id,
  name: z.string(),
  discount: Discount,
  total: z.int().min(1),
  remaining: z.int().min(0),
  active: z.boolean(),
  issueFrom: Timestamp,
  issueUntil: Timestamp,
  validUntil: Timestamp,
  createdAt: Timestamp,
});
export type Coupon = z.infer<typeof Coupon>;

/** RESERVED: an order that is not through yet has it. EXPIRED: not used in time. */
export const MemberCouponStatus = z.enum(['ISSUED', 'RESERVED', 'USED', 'EXPIRED']);
export type MemberCouponStatus = z.infer<typeof MemberCouponStatus>;

/** A coupon in a member's hands. An order names its `id`. */
export const MemberCoupon = z.object({
  id: Id,
  couponId: Id,
  name: z.string(),
  discount: Discount,
  status: MemberCouponStatus,
  validUntil: Timestamp,
  issuedAt: Timestamp,
});
export type MemberCoupon = z.infer<typeof MemberCoupon>;

export const listCoupons = route({
  owner: 'commerce',
  method: 'GET',
  path: '/coupons',
  summary: 'Coupons that are to be had now or later, newest first',
  auth: 'member',
  gate: 'none',
  query: PageQuery,
  answers: { 200: page(Coupon) },
  problems: [],
});

export const readCoupon = route({
  owner: 'commerce',
  method: 'GET',
  path: '/coupons/{id}',
  summary: 'One coupon',
  auth: 'member',
  gate: 'none',
  params: IdParams,
  answers: { 200: Coupon },
  problems: ['NOT_FOUND'],
});

export const issueCoupon = route({
  owner: 'commerce',
  method: 'POST',
  path: '/coupons/{id}/issues',
  summary: 'Get one, first come, first served; one a member, so it needs no Idempotency-Key',
  auth: 'member',
  gate: 'none',
  params: IdParams,
  body: z.strictObject({}).optional(),
  answers: { 201: MemberCoupon },
  problems: ['NOT_FOUND', 'COUPON_NOT_ACTIVE', 'COUPON_SOLD_OUT', 'COUPON_ALREADY_ISSUED'],
});

export const listMyCoupons = route({
  owner: 'commerce',
  method: 'GET',
  path: '/members/me/coupons',
  summary: 'My coupons, newest first',
  auth: 'member',
  gate: 'none',
  query: PageQuery,
  answers: { 200: page(MemberCoupon) },
  problems: [],
});

/** As many as are put into Redis again in seconds, should it lose them. */
export const MAX_COUPONS = 1_000_000;

/** Everything of a coupon that an operator may change; what it takes off is fixed, since members hold it. */
const settings = {
  name: text(100),
  total: z.int().min(1).max(MAX_COUPONS),
  issueFrom: TimestampInput,
  issueUntil: TimestampInput,
  validUntil: TimestampInput,
  active: z.boolean(),
};

export const createCoupon = route({
  owner: 'commerce',
  method: 'POST',
  path: '/admin/coupons',
  summary: 'Make a coupon that is given out first come, first served; active unless said here',
  auth: 'operator',
  gate: 'none',
  idempotency: 'required',
  body: z.strictObject({ ...settings, active: settings.active.default(true), discount: Discount }),
  answers: { 201: Coupon },
  problems: [],
});

export const changeCoupon = route({
  owner: 'commerce',
  method: 'PATCH',
  path: '/admin/coupons/{id}',
  summary: 'Change what it names; `active: false` switches issuing off at once',
  auth: 'operator',
  gate: 'none',
  params: IdParams,
  body: z.strictObject(settings).partial(),
  answers: { 200: Coupon },
  problems: ['NOT_FOUND'],
});

export const listAllCoupons = route({
  owner: 'commerce',
  method: 'GET',
  path: '/admin/coupons',
  summary: 'All coupons, newest first',
  auth: 'operator',
  gate: 'none',
  query: PageQuery,
  answers: { 200: page(Coupon) },
  problems: [],
});

export const readCouponDetail = route({
  owner: 'commerce',
  method: 'GET',
  path: '/admin/coupons/{id}',
  summary: 'One coupon, for operators',
  auth: 'operator',
  gate: 'none',
  params: IdParams,
  answers: { 200: Coupon },
  problems: ['NOT_FOUND'],
});
