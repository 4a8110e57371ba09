import type { MemberCoupon, Order } from '@onsale/contracts/commerce';
import { newId } from '@onsale/shared/ids';
import type { Shopping } from './crowd.ts';
import { type Journey, JourneyOver, over } from './journey.ts';
import { createSteps, must, type Steps, type StepsOptions } from './steps.ts';
import { untilEnded } from './until-ended.ts';

/** What a member comes for: one of a product, with a coupon where there is still one to be had. */
export interface Goods {
  readonly productId: string;
  readonly couponId: string;
}

export type GoodsEvent = 'coupon' | 'no coupon' | 'paid' | 'with a coupon' | 'too late';

export interface GoodsShopperOptions extends StepsOptions {
  readonly goods: Goods;
  readonly onEvent: (event: GoodsEvent) => void;
}

/** The member's own coupon, or nothing when others were faster. */
const getCoupon = async ({ operate, visitor, times, reads }: Steps, { couponId }: Goods): Promise<MemberCoupon | undefined> => {
  const began = performance.now();
  const got = await operate({ kind: 'issue', subject: { couponId }, ask: () => visitor.getsCoupon(couponId) });
  // an attempt that had no answer may have got it
  const mine = async () => (await reads(() => visitor.coupons())).items.find((coupon) => coupon.couponId === couponId);
  const coupon = got.is === 'refused' && got.code === 'COUPON_ALREADY_ISSUED' ? await mine() : undefined;
  if (got.is === 'refused' && got.code === 'COUPON_SOLD_OUT') {
    times.add('no coupon', performance.now() - began);
    return undefined;
  }
  times.add('coupon', performance.now() - began);
  return coupon ?? must(got);
};

/** Orders one, and waits for its end. @throws JourneyOver when others were faster, or it was refused */
const order = async (steps: Steps, { productId }: Goods, memberCouponId: string | undefined): Promise<Order> => {
  const { operate, visitor, times } = steps;
  const [idempotencyKey, began] = [newId(), performance.now()];
  const wanted = { items: [{ productId, quantity: 1 }], ...(memberCouponId !== undefined && { memberCouponId }) };
  const ask = () => visitor.orders(wanted, idempotencyKey);
  const ordered = await operate({ kind: 'order', subject: { productId }, idempotencyKey, ask });
  if (ordered.is === 'refused' && ordered.code === 'OUT_OF_STOCK') {
    times.add('too late', performance.now() - began);
    return over('sold out');
  }
  const begun = must(ordered);
  const ended = await untilEnded(steps, { begun, isUnderWay: ({ status }) => status === 'PENDING', look: () => visitor.order(begun.id) });
  times.add('order', performance.now() - began);
  return ended.status === 'COMPLETED' ? ended : over('refused', { code: ended.code ?? ended.status });
};

const journey = async (steps: Steps, { goods, onEvent }: GoodsShopperOptions): Promise<Journey> => {
  const began = performance.now();
  try {
    const coupon = await getCoupon(steps, goods);
    onEvent(coupon === undefined ? 'no coupon' : 'coupon');
    const paid = await order(steps, goods, coupon?.id);
    steps.times.add('purchase', performance.now() - began);
    onEvent('paid');
    if (paid.couponId !== undefined) onEvent('with a coupon');
    return { end: 'paid' };
  } catch (error) {
    if (!(error instanceof JourneyOver)) throw error;
    if (error.journey.end === 'sold out') onEvent('too late');
    return error.journey;
  }
};

/** A crowd that comes for a product and a coupon; each has the points that it needs. */
export const goodsShopping = (goods: Goods): Shopping<GoodsEvent> => ({
  events: ['coupon', 'no coupon', 'paid', 'with a coupon', 'too late'],
  shop: async (_n, options) => {
    try {
      return await journey(createSteps(options), { ...options, goods });
    } catch (error) {
      if (options.signal?.aborted === true) return { end: 'interrupted' };
      throw error;
    }
  },
});
