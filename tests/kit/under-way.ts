import { expect } from '@jest/globals';
import { eventually } from '@onsale/shared/testing';
import type { TestFleet } from './test-fleet.ts';

/** Every saga is at its end so long after a fault is healed (I7). */
const HEALED_MS = 60_000;
const NOTHING = { sagas: 0, outboxes: 0, retries: 0 };

/** What is still on its way between the services, by table. */
const underWay = async ({ stores: { databases } }: Pick<TestFleet, 'stores'>): Promise<Record<string, number>> => {
  const { payment, reservation, queue, commerce } = databases;
  const count = async (query: { count(): Promise<unknown> }): Promise<number> =>
    Number(Object.values(((await query.count()) as object[])[0]!)[0]);
  const all = async (table: string): Promise<number> =>
    (await Promise.all([payment, reservation, queue, commerce].map((db) => count(db(table))))).reduce((a, b) => a + b);
  const sagas = (db: typeof payment): Promise<number> => count(db('sagas').whereIn('status', ['RUNNING', 'COMPENSATING']));
  return {
    sagas: (await Promise.all([payment, commerce].map(sagas))).reduce((a, b) => a + b),
    outboxes: await all('outbox'),
    retries: await all('retries'),
  };
};

/** Resolves when every saga has ended, every message has left, and none waits to be tried again. @throws when that is not so within 60 s */
export const settled = (fleet: Pick<TestFleet, 'stores'>): Promise<void> =>
  eventually(async () => expect(await underWay(fleet)).toEqual(NOTHING), { withinMs: HEALED_MS, everyMs: 100 });
