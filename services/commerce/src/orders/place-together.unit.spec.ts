import { describe, expect, it } from '@jest/globals';
import { newId } from '@onsale/shared/ids';
import { createMetrics } from '@onsale/shared/metrics';
import { captureLog, gate } from '@onsale/shared/testing';
import type { DraftItem } from './order-draft.ts';
import { placeTogether } from './place-together.ts';
import type { KeyedDraft } from './write-orders.ts';

const cup = newId();
const order = (productIds = [cup]): KeyedDraft => {
  const items = productIds.map((productId): DraftItem => ({ productId, quantity: 1, unitPrice: 1, version: 1 }));
  const draft = { id: newId(), memberId: newId(), items, subtotal: items.length, admission: undefined, at: new Date() };
  return { draft, once: undefined as never, traceparent: undefined };
};

type Write = Parameters<typeof placeTogether>[0]['write'];

/** Transactions of many orders end with `error`; those of one stay open until the test says so, if it wants to. */
const given = (error: Error | Write['together'], { held = true, known = [] }: { held?: boolean; known?: readonly KeyedDraft[] } = {}) => {
  const metrics = createMetrics({ service: 'commerce', defaults: false });
  const doors: (() => void)[] = [];
  const place = placeTogether({
    write: {
      known: async () => new Set(known.map(({ draft }) => draft.id)),
      together: async (all) => {
        if (!(error instanceof Error)) return error(all);
        throw error;
      },
      alone: async ({ draft }) => {
        const door = gate();
        doors.push(door.open);
        if (held) await door.opened;
        return { orderId: draft.id };
      },
    },
    atOnce: 2,
    log: captureLog().log,
    metrics,
  });
  const apart = async (reason: string): Promise<number> =>
    (await metrics.counter({ name: 'onsale_orders_apart_total', help: '', labels: ['reason'] }).get()).values.find(
      ({ labels }) => labels['reason'] === reason,
    )?.value ?? 0;
  return { place, doors, apart };
};

const failed = (rest: object): Error => Object.assign(new Error('it failed'), rest);
const turns = async (): Promise<void> => {
  for (let n = 0; n < 5; n += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('orders that cannot share a transaction', () => {
  it.each([
    ['is away', failed({ code: 'ECONNREFUSED' })],
    ['has no connection free', failed({ name: 'KnexTimeoutError' })],
    ['takes too long', failed({ errno: 1969 })],
  ])('are all told so when the database %s, and none is tried alone', async (_how, error) => {
    const { place, doors } = given(error, { held: false });
    const ends = await Promise.allSettled([place(order()), place(order()), place(order())]);
    expect(ends).toEqual(ends.map(() => ({ status: 'rejected', reason: error })));
    expect(doors).toHaveLength(0);
  });

  it.each([
    ['key', failed({ errno: 1062 })],
    ['lock', failed({ errno: 1213 })],
    ['other', failed({})],
  ])('are placed alone, two at a time, and counted: %s', async (reason, error) => {
    const { place, doors, apart } = given(error);
    const orders = Array.from({ length: 5 }, () => order());
    const placed = Promise.all(orders.map((one) => place(one)));
    const underWay: number[] = [];
    for (let opened = 0; opened < 5; opened += 1) {
      await turns();
      underWay.push(doors.length - opened);
      doors[opened]!();
    }
    expect(underWay).toEqual([2, 2, 2, 2, 1]);
    expect(await placed).toEqual(orders.map(({ draft }) => ({ orderId: draft.id })));
    expect(await apart(reason)).toBe(1);
  });
});

describe('orders of several products', () => {
  const [mug, pot] = [newId(), newId()];
  /** Transactions of many orders: which products, until the test ends them. */
  const transactions = () => {
    const begun: { readonly productIds: string[]; readonly end: (how?: Error) => void }[] = [];
    const together: Write['together'] = (all) =>
      new Promise((resolve, reject) => {
        const productIds = all.map(({ draft }) => draft.items[0].productId);
        begun.push({ productIds, end: (how) => (how === undefined ? resolve(new Map()) : reject(how)) });
      });
    return { begun, together };
  };

  it('share transactions, and no product is in two of them at a time', async () => {
    const { begun, together } = transactions();
    const { place } = given(together);
    const placed = [place(order()), place(order([mug]))];
    await turns();
    placed.push(place(order()), place(order([pot])), place(order([mug])), place(order([pot])));
    await turns();
    expect(begun.map(({ productIds }) => productIds)).toEqual([
      [cup, mug],
      [pot, pot],
    ]);
    begun[0]!.end();
    await turns();
    expect(begun[2]!.productIds).toEqual([cup, mug]);
    begun[1]!.end();
    begun[2]!.end();
    expect(await Promise.all(placed)).toHaveLength(6);
  });

  it.each([
    ['a lock was lost', failed({ errno: 1205 })],
    ['a statement took too long', failed({ errno: 1969 })],
  ])('go product by product where %s, so that a row that is held keeps nobody else', async (_how, error) => {
    const { begun, together } = transactions();
    const { place } = given(together);
    const held = [place(order()), place(order())];
    const free = [place(order([mug])), place(order([mug]))];
    await turns();
    begun[0]!.end(error);
    await turns();
    expect(begun.slice(1).map(({ productIds }) => productIds)).toEqual([
      [cup, cup],
      [mug, mug],
    ]);
    begun[2]!.end();
    expect(await Promise.all(free)).toHaveLength(2);
    const more = [place(order([mug])), place(order([mug]))];
    await turns();
    expect(begun[3]!.productIds).toEqual([mug, mug]);
    begun[3]!.end();
    begun[1]!.end();
    expect(await Promise.all([...held, ...more])).toHaveLength(4);
  });

  it('share another transaction without those whose key is known', async () => {
    const { begun, together } = transactions();
    const [again, first, second] = [order(), order(), order([mug])];
    const { place, doors } = given(together, { known: [again] });
    const placed = Promise.all([again, first, second].map((one) => place(one)));
    await turns();
    begun[0]!.end(failed({ errno: 1062 }));
    await turns();
    expect(begun[1]!.productIds).toEqual([cup, mug]);
    expect(doors).toHaveLength(1);
    doors[0]!();
    begun[1]!.end();
    expect(await placed).toEqual([again, first, second].map(({ draft }) => ({ orderId: draft.id })));
  });
});

describe('orders that have a transaction to themselves', () => {
  it('are refused when too many wait for one', async () => {
    const { place, doors } = given(failed({}));
    const answers = Array.from({ length: 1001 }, () => place(order([cup, newId()])));
    await expect(answers.at(-1)).rejects.toMatchObject({ code: 'OVERLOADED', retryAfterSeconds: 1 });
    await turns();
    expect(doors).toHaveLength(2);
  });
});
