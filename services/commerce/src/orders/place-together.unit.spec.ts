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

/** Transactions of many orders end with `error`; those of one stay open until the test says so, if it wants to. Somebody holds these `rows`. */
const given = (
  error: Error | Write['together'],
  { held = true, known = [], rows = new Set() }: { held?: boolean; known?: readonly KeyedDraft[]; rows?: ReadonlySet<string> } = {},
) => {
  const metrics = createMetrics({ service: 'commerce', defaults: false });
  const doors: (() => void)[] = [];
  const place = placeTogether({
    write: {
      known: async () => new Set(known.map(({ draft }) => draft.id)),
      held: async (productIds) => productIds.filter((id) => rows.has(id)),
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

  const productIds = (transactions: readonly { readonly productIds: readonly string[] }[]) => transactions.map((each) => each.productIds);
  const twoOf = (place: ReturnType<typeof given>['place'], productId: string) => [place(order([productId])), place(order([productId]))];

  it.each([
    ['a lock was lost', failed({ errno: 1205 })],
    ['a statement took too long', failed({ errno: 1969 })],
  ])('go on without the product whose row is held where %s, until its row is had', async (_how, error) => {
    const { begun, together } = transactions();
    const { place, doors } = given(together, { rows: new Set([cup]) });
    const [held, free] = [Promise.allSettled(twoOf(place, cup)), twoOf(place, mug)];
    await turns();
    begun[0]!.end(error);
    await turns();
    expect(productIds(begun.slice(1))).toEqual([
      [cup, cup],
      [mug, mug],
    ]);
    begun[2]!.end();
    expect(await Promise.all(free)).toHaveLength(2);
    begun[1]!.end(error);
    expect(await held).toEqual([error, error].map((reason) => ({ status: 'rejected', reason })));

    const more = [...twoOf(place, cup), ...twoOf(place, mug)];
    await turns();
    expect(productIds(begun.slice(3))).toEqual([
      [cup, cup],
      [mug, mug],
    ]);
    begun[3]!.end();
    begun[4]!.end();
    await Promise.all(more);
    const again = [...twoOf(place, cup), ...twoOf(place, mug)];
    await turns();
    expect(begun[5]!.productIds).toEqual([cup, cup, mug, mug]);
    begun[5]!.end();
    expect(await Promise.all(again)).toHaveLength(4);
    expect(doors).toHaveLength(0);
  });

  it('leave alone at once a product that waited for its row by itself', async () => {
    const { begun, together } = transactions();
    const { place } = given(together, { rows: new Set([cup]) });
    const [lost, error] = [Promise.allSettled(twoOf(place, cup)), failed({ errno: 1205 })];
    await turns();
    begun[0]!.end(error);
    expect(await lost).toEqual([error, error].map((reason) => ({ status: 'rejected', reason })));
    const placed = [...twoOf(place, cup), ...twoOf(place, mug)];
    await turns();
    expect(productIds(begun.slice(1))).toEqual([
      [cup, cup],
      [mug, mug],
    ]);
    begun[1]!.end();
    begun[2]!.end();
    expect(await Promise.all(placed)).toHaveLength(4);
  });

  it('go on beside several products whose rows are held', async () => {
    const { begun, together } = transactions();
    const { place } = given(together, { rows: new Set([cup, pot]) });
    const placed = [cup, pot, mug].flatMap((productId) => twoOf(place, productId));
    await turns();
    begun[0]!.end(failed({ errno: 1205 }));
    await turns();
    expect(productIds(begun.slice(1))).toEqual([
      [cup, cup],
      [mug, mug],
    ]);
    begun[1]!.end();
    await turns();
    expect(productIds(begun.slice(3))).toEqual([[pot, pot]]);
    begun[2]!.end();
    begun[3]!.end();
    expect(await Promise.all(placed)).toHaveLength(6);
  });

  it('go each apart where no row is held, until it has had its own', async () => {
    const { begun, together } = transactions();
    const { place } = given(together);
    const placed = [...twoOf(place, cup), ...twoOf(place, mug)];
    await turns();
    for (const how of [failed({ errno: 1213 }), undefined, undefined]) {
      begun.at(-1)!.end(how);
      await turns();
    }
    expect(productIds(begun.slice(1))).toEqual([
      [cup, cup],
      [mug, mug],
    ]);
    placed.push(...twoOf(place, cup), ...twoOf(place, mug));
    await turns();
    expect(begun[3]!.productIds).toEqual([cup, cup, mug, mug]);
    begun[3]!.end();
    expect(await Promise.all(placed)).toHaveLength(8);
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
    void Promise.allSettled(answers); // the others are refused when they have waited too long
    await expect(answers.at(-1)).rejects.toMatchObject({ code: 'OVERLOADED', retryAfterSeconds: 1 });
    await turns();
    expect(doors).toHaveLength(2);
  });
});
