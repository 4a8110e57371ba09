import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { memberHash } from '@onsale/shared/auth';
import { newId } from '@onsale/shared/ids';
import { runChecks } from '@onsale/shared/invariants';
import { eventually } from '@onsale/shared/testing';
import { journalChecks } from '../journal/journal-checks.ts';
import { createLine, type Line } from '../line/line.ts';
import { findQueue } from '../queues/queue-store.ts';
import type { Room } from '../room.ts';
import { testRooms, type TestRooms } from '../testing/test-room.ts';

let rooms: TestRooms;
/** Neither ticks by itself: the test frees a slot, and has one of them fill it. */
let replicas: [Room, Room];
let line: Line;
beforeAll(async () => {
  rooms = await testRooms();
  replicas = [await rooms.replica({ ticking: false }), await rooms.replica({ ticking: false })];
  line = createLine({ redis: rooms.redis, namespace: 'test' });
});
afterAll(() => rooms.stop());

/** So many wait in each lane of a queue that admits one at a time. */
const given = async ({ weights, waiting }: { weights: Record<string, number>; waiting: Record<string, number> }): Promise<string> => {
  const lanes = Object.entries(weights).map(([name, weight]) => ({ name, weight }));
  const queueId = await rooms.queue(replicas[0], { cap: 0, lanes });
  await replicas[0].steps.restoreLine(queueId, 0);
  await joins(queueId, waiting);
  return queueId;
};
const joins = async (queueId: string, waiting: Record<string, number>): Promise<void> => {
  const queue = (await findQueue(rooms.db, queueId))!;
  for (const [lane, count] of Object.entries(waiting)) {
    for (let i = 0; i < count; i += 1) expect(await line.enqueue(queue, memberHash(newId()), lane)).toMatchObject({ outcome: 'NEW', lane });
  }
};
/** Frees a slot, and has a replica admit into it, so many times. */
const admits = async (queueId: string, times: number): Promise<void> => {
  await rooms.change(replicas[0], queueId, { cap: 1 });
  for (let i = 0; i < times; i += 1) {
    for (const { number, ended_at } of await rooms.journal(queueId)) if (ended_at === null) await rooms.spend(replicas[0], queueId, number);
    expect(await replicas[i % 2]!.steps.admitNext(queueId)).toMatchObject({ admitted: 1 });
    await replicas[i % 2]!.steps.tellLine();
  }
};
const lanesInTurn = async (queueId: string): Promise<string[]> =>
  (await rooms.journal(queueId)).toSorted((a, b) => a.turn! - b.turn!).map(({ lane }) => lane);
const broken = async () => (await runChecks(rooms.db, journalChecks)).filter(({ violations }) => violations > 0);

describe('lanes', () => {
  it('take turns by their weights where one slot is free at a time, whichever replica admits, and the standard one is not starved', async () => {
    const queueId = await given({ weights: { vip: 3 }, waiting: { standard: 4, vip: 12 } });
    await admits(queueId, 16);
    const order = await lanesInTurn(queueId);
    for (const from of [0, 4, 8, 12]) expect(order.slice(from, from + 4).filter((lane) => lane === 'standard')).toHaveLength(1);
    const rows = await rooms.journal(queueId);
    expect(rows.map(({ late }) => late)).toEqual(rows.map(() => 0)); // the numbers of the vip are above those of the standard lane
    expect(await broken()).toEqual([]);
  });

  it('that are empty give their share to the others', async () => {
    const queueId = await given({ weights: { vip: 9, gold: 90 }, waiting: { standard: 3 } });
    await admits(queueId, 2);
    await joins(queueId, { vip: 9 });
    await admits(queueId, 10);
    expect((await lanesInTurn(queueId)).slice(2).filter((lane) => lane === 'standard')).toHaveLength(1);
  });

  it('that are taken away are emptied, and not stranded', async () => {
    const queueId = await given({ weights: { vip: 3 }, waiting: { standard: 1, vip: 2 } });
    await rooms.change(replicas[0], queueId, { lanes: [] });
    await eventually(async () =>
      expect(await replicas[0].readQueue(queueId)).toMatchObject({
        lanes: [
          { name: 'standard', weight: 1, waiting: 1 },
          { name: 'vip', weight: 1, waiting: 2 },
        ],
      }),
    );
    await admits(queueId, 3);
    expect((await lanesInTurn(queueId)).toSorted()).toEqual(['standard', 'vip', 'vip']);
    await eventually(async () => expect(await replicas[0].readQueue(queueId)).not.toHaveProperty('lanes'));
  });

  it('keep to the token bucket together', async () => {
    const queueId = await given({ weights: { vip: 1 }, waiting: { standard: 5, vip: 5 } });
    await rooms.change(replicas[0], queueId, { cap: 100, admitPerSecond: 3 });
    await rooms
      .db('queues')
      .where({ id: queueId })
      .update({ allowance: 3, allowance_at: rooms.db.raw('NOW(3)') });
    expect(await replicas[0].steps.admitNext(queueId)).toMatchObject({ admitted: 3 });
  });
});
