import { createProduct } from '@onsale/contracts/commerce';
import type { CrashLoad } from './crash-suite.ts';
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

/**
 * Members who come one after another, order, and take every other order back; each holds on until they know what came of it: a load for as long as it
 * is wanted.
 */
export const startOrderLoad = async ({ fleet, atOnce, poorOneOf }: OrderLoadOptions): Promise<CrashLoad> => {
  const make = () => fleet.asOperator(createProduct, { body: { name: 'A thing', price: PRICE, stock: 1_000_000, onSale: true } });
  const [hot, other] = (await Promise.all([make(), make()])).map(({ id }) => ({ productId: id, quantity: 1 }));
  const ends: { end: string; code?: string }[] = [];
  const closed = new AbortController();
  let members = 0;

  const oneMember = async (n: number): Promise<void> => {
    const [member] = await fleet.members(1);
    if (n % poorOneOf !== 0) await member.charges(10 * PRICE);
    const placed = await member.orders({ items: n % MIXED_ONE_OF === 0 ? [hot!, other!] : [hot!] });
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
