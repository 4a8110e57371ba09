import type { Coupon, ProductDetail } from '@onsale/contracts/commerce';
import { describe, expect, it } from '@jest/globals';
import { shopDemo } from './shop-demo.ts';

const { texts } = shopDemo({ members: 300, stock: 50, coupons: 30 });
const counts = {
  events: { coupon: 30, 'no coupon': 269, paid: 49, 'with a coupon': 29, 'too late': 250 },
  ends: { paid: 49, 'sold out': 250, refused: 1 },
  ended: 300,
};
const over = (sold: number, remaining: number) => ({
  sale: { title: 'Limited print', productId: 'p', couponId: 'c' },
  members: 300,
  counts,
  journeys: [],
  sold: { product: { sold, available: 50 - sold, reserved: 0 } as ProductDetail, coupon: { remaining } as Coupon },
  steps: [{ step: 'order' as const, count: 49, p50: 8.44, p95: 431.2, p99: 1_202, max: 1_202 }],
  seconds: 21.04,
});

describe('what the demo of the shop says', () => {
  it('is a line while it runs, and a table at its end', () => {
    expect(texts.progress({ ...counts, ended: 299 })).toBe(
      '  coupons 30 of 30 (too late 269)   paid 49 of 50 (too late 250)   gone 299 of 300',
    );
    expect(texts.closing(over(49, 0)).split('\n')).toEqual([
      '',
      'Limited print: over after 21.0 s',
      '',
      '  members       300',
      '  coupons       30 of 30; 269 came too late',
      '  paid          49, 29 of them with a coupon',
      '  without       250 sold out, 1 refused',
      '  sold          49 of 50 prints',
      '',
      '  step, ms   count   p50   p95    p99    max',
      '  order         49   8.4   431   1202   1202',
      '',
    ]);
  });

  it('finds fault with what was not sold, or not given out', () => {
    expect(texts.faults(over(50, 0))).toEqual([]);
    expect(texts.faults(over(49, 2))).toEqual(['49 of 50 prints were sold', '28 of 30 coupons were given out']);
  });
});
