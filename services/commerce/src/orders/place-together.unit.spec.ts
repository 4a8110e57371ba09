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

/** Transactions of many orders end with `error`; those of one stay open until the test says so, if it wants to. */
const given = (error: Error, { held = true }: { held?: boolean } = {}) => {
  const metrics = createMetrics({ service: 'commerce', defaults: false });
  const doors: (() => void)[] = [];
  const place = placeTogether({
    write: {
      together: async () => {
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

describe('orders that have a transaction to themselves', () => {
  it('are refused when too many wait for one', async () => {
    const { place, doors } = given(failed({}));
    const answers = Array.from({ length: 1001 }, () => place(order([cup, newId()])));
    await expect(answers.at(-1)).rejects.toMatchObject({ code: 'OVERLOADED', retryAfterSeconds: 1 });
    await turns();
    expect(doors).toHaveLength(2);
  });
});
