import { urlOf } from '@onsale/contracts';
import * as contract from '@onsale/contracts/commerce';
import { created, implement, ok } from '@onsale/shared/http';
import type { Coupons } from './coupons.ts';

interface Times<T> {
  readonly issueFrom: T;
  readonly issueUntil: T;
  readonly validUntil: T;
}

const timesOf = ({ issueFrom, issueUntil, validUntil }: Times<string>): Times<Date> => ({
  issueFrom: new Date(issueFrom),
  issueUntil: new Date(issueUntil),
  validUntil: new Date(validUntil),
});

const dateOf = (given: string | undefined): Date | undefined => (given === undefined ? undefined : new Date(given));

/** The doors to coupons. */
export const couponRoutes = ({
  readCoupons,
  issueCoupon,
  issueCoupons,
  createCoupon,
  changeCoupon,
}: Omit<Coupons, 'reconciler' | 'reconcile'>) => [
  implement(contract.listCoupons, async ({ query }) => ok(await readCoupons.open(query))),
  implement(contract.readCoupon, async ({ params }) => ok(await readCoupons.one(params.id))),
  implement(contract.issueCoupon, async ({ params, member }) => created(await issueCoupon({ couponId: params.id, memberId: member.id }))),
  implement(contract.issueCoupons, async ({ body }) => ok({ given: await issueCoupons(body.asked) })),
  implement(contract.listMyCoupons, async ({ member, query }) => ok(await readCoupons.mine({ memberId: member.id, ...query }))),
  implement(
    contract.createCoupon,
    ({ member, body, once }) => createCoupon({ operatorId: member.id, ...body, ...timesOf(body), once }),
    (coupon) => created(coupon, { location: urlOf('', contract.readCouponDetail, { id: coupon.id }) }),
  ),
  implement(contract.changeCoupon, async ({ member, params, body }) => {
    const { issueFrom, issueUntil, validUntil, ...rest } = body;
    const times = { issueFrom: dateOf(issueFrom), issueUntil: dateOf(issueUntil), validUntil: dateOf(validUntil) };
    return ok(await changeCoupon({ operatorId: member.id, id: params.id, patch: { ...rest, ...times } }));
  }),
  implement(contract.listAllCoupons, async ({ query }) => ok(await readCoupons.all(query))),
  implement(contract.readCouponDetail, async ({ params }) => ok(await readCoupons.one(params.id))),
];
