import { createCoupon, listAllCoupons } from '@onsale/contracts/commerce';
import { newId } from '@onsale/shared/ids';
import { allPages } from './all-pages.ts';
import type { Making } from './making.ts';

const DAY_MS = 86_400_000;
/** README's commands choose it by its name. */
const coupon = { name: 'Welcome, ten percent off', discount: { type: 'PERCENT' as const, value: 10, max: 10_000 }, total: 1_000 };

/** Gives out a coupon for 90 days from now, unless one of its name is given out still. @returns its name */
export async function makeCoupons({ client, operatorToken, say }: Making): Promise<string[]> {
  const accessToken = await operatorToken();
  const known = await allPages((query) => client.call(listAllCoupons, { accessToken, query }));
  if (known.some(({ name, issueUntil }) => name === coupon.name && Date.parse(issueUntil) > Date.now())) return [];
  say(coupon.name);
  const now = Date.now();
  const time = (days: number) => new Date(now + days * DAY_MS).toISOString();
  const body = { ...coupon, issueFrom: time(0), issueUntil: time(90), validUntil: time(180) };
  await client.call(createCoupon, { accessToken, idempotencyKey: newId(), body });
  return [coupon.name];
}
