import {
  type Coupon,
  createCoupon,
  createProduct,
  type ProductDetail,
  readCouponDetail,
  readProductDetail,
} from '@onsale/contracts/commerce';
import { newId } from '@onsale/shared/ids';
import { type Goods, type GoodsEvent, goodsShopping } from '../load/goods-shopper.ts';
import { closingTable } from './closing-table.ts';
import type { AsOperator, Demo } from './demo.ts';

interface ShopDemo {
  readonly members: number;
  readonly stock: number;
  readonly coupons: number;
}

export interface ShopSale extends Goods {
  readonly title: string;
}

/** What is left at the end. */
export interface ShopSold {
  readonly product: ProductDetail;
  readonly coupon: Coupon;
}

const PRICE = 12_000;
const DISCOUNT = 2_000;
const DAY_MS = 86_400_000;
/** Everybody asks at once, and holds on. */
const PLAN = { operationMs: 60_000, repeatShare: 0.1 };

/** A product and a coupon of its own for each demo, to be had from now. @throws CallProblem */
const openShopSale = async ({ client, operatorToken: accessToken }: AsOperator, { stock, coupons }: ShopDemo): Promise<ShopSale> => {
  const now = new Date();
  const title = `Limited print of ${now.toISOString().slice(0, 19).replace('T', ' ')}`;
  const product = await client.call(createProduct, {
    accessToken,
    idempotencyKey: newId(),
    body: { name: title, price: PRICE, stock, perMemberLimit: 1 },
  });
  const in1Day = new Date(now.getTime() + DAY_MS).toISOString();
  const coupon = await client.call(createCoupon, {
    accessToken,
    idempotencyKey: newId(),
    body: {
      name: `${DISCOUNT} points off, for ${coupons}`,
      discount: { type: 'AMOUNT', value: DISCOUNT },
      total: coupons,
      issueFrom: new Date(now.getTime() - DAY_MS).toISOString(),
      issueUntil: in1Day,
      validUntil: in1Day,
    },
  });
  return { title, productId: product.id, couponId: coupon.id };
};

/** A limited product and a coupon, for both of which too many come at once. Nobody stands in a line here. */
export const shopDemo = (given: ShopDemo = { members: 300, stock: 50, coupons: 30 }): Demo<ShopSale, GoodsEvent, ShopSold> => {
  const { members, stock, coupons } = given;
  return {
    members,
    points: PRICE,
    plan: PLAN,
    open: (as) => openShopSale(as, given),
    shoppingFor: goodsShopping,
    soldOf: async ({ productId, couponId }, { client, operatorToken: accessToken }) => ({
      product: await client.call(readProductDetail, { accessToken, params: { id: productId } }),
      coupon: await client.call(readCouponDetail, { accessToken, params: { id: couponId } }),
    }),
    texts: {
      headline: ({ title }) => `${title}: ${members} members compete for ${coupons} coupons, and for ${stock} prints`,
      progress: ({ events, ended }) =>
        `  coupons ${events.coupon} of ${coupons} (too late ${events['no coupon']})   paid ${events.paid} of ${stock} (too late ${events['too late']})   gone ${ended} of ${members}`,
      closing: (over) => {
        const { events } = over.counts;
        return closingTable({
          ...over,
          title: over.sale.title,
          rows: [
            ['members', members],
            ['coupons', `${events.coupon} of ${coupons}; ${events['no coupon']} came too late`],
            ['paid', `${events.paid}, ${events['with a coupon']} of them with a coupon`],
            'without',
            ['sold', `${over.sold.product.sold} of ${stock} prints`],
          ],
        });
      },
      faults: ({ sold: { product, coupon } }) => [
        ...(product.sold === stock && product.available === 0 && product.reserved === 0
          ? []
          : [`${product.sold} of ${stock} prints were sold`]),
        ...(coupon.remaining === 0 ? [] : [`${coupons - coupon.remaining} of ${coupons} coupons were given out`]),
      ],
      success: 'every print was sold once, and every coupon given to one member.',
    },
  };
};
