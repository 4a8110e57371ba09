import { createCoupon, createProduct, issueCoupon, listMyCoupons } from '@onsale/contracts/commerce';
import { eventually } from '@onsale/shared/testing';
import type { CrashLoad } from './crash-suite.ts';
import type { TestMember } from './member.ts';
import type { TestFleet } from './test-fleet.ts';

interface OrderLoadOptions {
  readonly fleet: TestFleet;
  /** Members in the shop at a time. */
  readonly atOnce: number;
  /** One of so many has no points: its order is refused, and its goods go back. */
  readonly poorOneOf: number;
}

const PRICE = 100;
/** Every third order is of two products, and placed alone; the others of one, and placed with others. */
const MIXED_ONE_OF = 3;
/** Of eight members these come with a coupon, for a product of which each may have one: who has no points, who keeps it, and who takes the order back. */
const WITH_COUPON = [0, 3, 6];
const DAY_MS = 86_400_000;
const PATIENCE_MS = 60_000;

/**
 * Members who come one after another, order, and take every other order back; each holds on until they know what came of it: a load for as long as it
 * is wanted.
 */
export const startOrderLoad = async ({ fleet, atOnce, poorOneOf }: OrderLoadOptions): Promise<CrashLoad> => {
  const make = () => fleet.asOperator(createProduct, { body: { name: 'A thing', price: PRICE, stock: 1_000_000, onSale: true } });
  const [hot, other] = (await Promise.all([make(), make()])).map(({ id }) => ({ productId: id, quantity: 1 }));
  const { id: limited } = await fleet.asOperator(createProduct, {
    body: { name: 'A rare thing', price: PRICE, stock: 1_000_000, perMemberLimit: 1 },
  });
  const { id: coupon } = await fleet.asOperator(createCoupon, {
    body: {
      name: 'A tenth',
      discount: { type: 'PERCENT', value: 10 },
      total: 1_000_000,
      issueFrom: new Date(Date.now() - DAY_MS).toISOString(),
      issueUntil: new Date(Date.now() + DAY_MS).toISOString(),
      validUntil: new Date(Date.now() + DAY_MS).toISOString(),
    },
  });
  const ends: { end: string; code?: string }[] = [];
  const closed = new AbortController();
  let members = 0;

  /** The answer to the first request may be lost; the coupon is not. */
  const couponOf = (member: TestMember): Promise<string> =>
    eventually(
      async () => {
        await member.asks(issueCoupon, { params: { id: coupon } });
        const [own] = (await member.asks(listMyCoupons)).body?.items ?? [];
        if (own === undefined) throw new Error('no coupon yet');
        return own.id;
      },
      { withinMs: PATIENCE_MS, everyMs: 200 },
    );

  const wantedBy = async (member: TestMember, n: number) => {
    const items = n % MIXED_ONE_OF === 0 ? [hot!, other!] : [hot!];
    if (!WITH_COUPON.includes(n % 8)) return { items };
    return { items: [...items, { productId: limited, quantity: 1 }], memberCouponId: await couponOf(member) };
  };

  const oneMember = async (n: number): Promise<void> => {
    const [member] = await fleet.members(1);
    if (n % poorOneOf !== 0) await member.charges(10 * PRICE);
    const placed = await member.orders(await wantedBy(member, n));
    if (placed.body === undefined) return void ends.push({ end: placed.is, ...(placed.code === undefined ? {} : { code: placed.code }) });
    const cancelled = n % 2 === 0 ? await member.cancels(placed.body.id) : undefined;
    ends.push({ end: cancelled === undefined || cancelled.body?.status === 'CANCELLED' ? 'paid' : `not cancelled: ${cancelled.is}` });
  };
  const place = async (): Promise<void> => {
    while (!closed.signal.aborted) await oneMember((members += 1));
  };
  const places = Promise.all(Array.from({ length: atOnce }, place));
  places.catch(() => {}); // told by `finish`
  const close = (): void => closed.abort();

  return {
    close,
    paid: () => ends.filter(({ end }) => end === 'paid').length,
    operations: () => [],
    finish: async () => {
      close();
      await places;
      return ends;
    },
  };
};
