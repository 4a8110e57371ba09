import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { captureLog, eventually } from '@onsale/shared/testing';
import { createLine, type Line } from '../line/line.ts';
import { findQueue } from '../queues/queue-store.ts';
import type { Room } from '../room.ts';
import { NO_REST } from '../queues/rest-store.ts';
import { testRooms, type TestRooms } from '../testing/test-room.ts';
import { BEHIND_THE_DRAW, drawScore } from './draw.ts';
import { listDraw } from './list-draw.ts';
import { openDue } from './open-due.ts';
import { openingNumber } from './opening.ts';

let rooms: TestRooms;
/** None of them ticks: the test takes the steps. */
let room: Room;
let line: Line;
beforeAll(async () => {
  rooms = await testRooms();
  room = await rooms.replica({ ticking: false });
  line = createLine({ redis: rooms.redis, namespace: 'test' });
});
afterAll(() => rooms.stop());

const ENTRIES = 2600;

/** A queue at its opening, with more entries than two batches have. */
const given = async (): Promise<{ queueId: string; places: { number: number; member: string }[] }> => {
  const queueId = await rooms.queue(room, { cap: 5, opensAt: new Date(Date.now() + 3_600_000).toISOString() });
  const first = rooms.member(room, queueId);
  await first.enters();
  const queue = (await findQueue(rooms.db, queueId))!;
  const hashes = Array.from({ length: ENTRIES - 1 }, (_, n) => `member${String(n).padStart(16, '0')}`);
  const entered = await Promise.all(
    hashes.map(async (member) => ({ member, number: ((await line.enqueue(queue, member, 'standard')) as { number: number }).number })),
  );
  const places = [{ number: first.number(), member: first.hash }, ...entered];
  const last = Math.max(...places.map(({ number }) => number));
  await rooms
    .db('queues')
    .where({ id: queueId })
    .update({ opens_at: new Date(queue.epoch + Math.ceil(last / 1000) + 1) });
  return { queueId, places };
};

const replica = (reading: Line = line) => {
  const { log } = captureLog();
  const list = listDraw({ db: rooms.db, line: reading, restoreLine: room.steps.restoreLine });
  return openDue({ db: rooms.db, line: reading, restoreLine: room.steps.restoreLine, listDraw: list, announce: () => {}, log });
};

/** Dies, as far as the list is concerned, when it has read so many batches. */
const dyingAfter = (batches: number): Line => {
  let left = batches;
  const drawn: Line['drawn'] = (...args) => {
    left -= 1;
    if (left < 0) throw new Error('killed');
    return line.drawn(...args);
  };
  return { ...line, drawn };
};

const listed = (queueId: string): Promise<{ number: number; member: string; score: number }[]> =>
  rooms.db('draw_entries').where({ queue_id: queueId }).orderBy(['score', 'number']).select('number', 'member', 'score');

const expectWhole = async (queueId: string, places: readonly { number: number; member: string }[]): Promise<void> => {
  const { draw_seed: seed, draw_count: count } = await rooms.db('queues').where({ id: queueId }).first('draw_seed', 'draw_count');
  const wanted = places.map((place) => ({ ...place, score: drawScore(seed, place.member) })).sort((a, b) => a.score - b.score);
  expect(await listed(queueId)).toEqual(wanted);
  expect(count).toBe(places.length);
};

describe('the end of a draw', () => {
  it('holds by Redis alone, whose clock may be behind: the next number is not in it', async () => {
    const queueId = await rooms.queue(room, { cap: 0, opensAt: new Date(Date.now() + 3_600_000).toISOString() });
    const [drawn, late] = rooms.members(room, queueId, 2);
    await drawn!.enters();
    const queue = (await findQueue(rooms.db, queueId))!;
    expect(await line.closeDraw({ ...queue, generation: queue.generation + 1 })).toBe(false);
    expect(await line.closeDraw(queue)).toBe(true);
    await late!.enters();
    expect(drawn!.number()).toBeLessThan(openingNumber(queue));
    expect(late!.number()).toBeGreaterThan(openingNumber(queue));
    const scores = await rooms.redis.zrange(rooms.key(queueId, 'waiting:standard'), '0', '-1', 'WITHSCORES');
    expect(scores.filter((_, i) => i % 2 === 1).map(Number)).toEqual([
      drawScore((await rooms.db('queues').where({ id: queueId }).first('draw_seed')).draw_seed, drawn!.hash),
      BEHIND_THE_DRAW + late!.number(),
    ]);
  });
});

describe('the list of a draw', () => {
  it('goes on where a replica died, admits nobody before it is whole, and has everybody once', async () => {
    const { queueId, places } = await given();
    await eventually(async () => {
      await expect(replica(dyingAfter(1))()).rejects.toThrow('killed');
    });
    expect((await listed(queueId)).length).toBe(1000);
    expect(await room.steps.admitNext(queueId)).toMatchObject({ admitted: 0 });
    expect((await room.readDraw({ queueId, limit: 10 })).entries).toEqual([]);

    expect(await replica()()).toEqual(new Set([queueId]));
    await expectWhole(queueId, places);
    expect(await room.steps.admitNext(queueId)).toMatchObject({ admitted: 5 });
    expect((await rooms.journal(queueId)).map(({ score }) => score).sort((a, b) => a - b)).toEqual(
      (await listed(queueId)).slice(0, 5).map(({ score }) => score),
    );
  });

  it('is written by any number of replicas at once without missing or doubling anybody', async () => {
    const { queueId, places } = await given();
    const replicas = [replica(), replica(), replica()];
    await eventually(async () => {
      await Promise.all(replicas.map((turn) => turn()));
      expect(await rooms.db('queues').where({ id: queueId }).first()).toMatchObject({ draw_listed_at: expect.any(Date) });
    });
    await expectWhole(queueId, places);
  });

  it('begins anew when the line was lost while it was written: who comes back may stand before those who were written down', async () => {
    const { queueId, places } = await given();
    await rooms.redis.zremrangebyrank(rooms.key(queueId, 'waiting:standard'), 0, 0); // the first of the draw is not back from an earlier loss
    await eventually(async () => {
      await expect(replica(dyingAfter(2))()).rejects.toThrow('killed');
    });
    expect(await listed(queueId)).toHaveLength(1999);
    await rooms.wipe();
    expect(await replica()()).toEqual(new Set());
    const queue = (await findQueue(rooms.db, queueId))!;
    const returning = places.map((place) => ({ ...place, lane: 'standard', score: queue.opening!.draw.scoreOf(place.member) }));
    await line.restore(queue, returning);
    expect(await replica()()).toEqual(new Set()); // it rests first
    await rooms.db('queues').where({ id: queueId }).update(NO_REST);
    expect(await replica()()).toEqual(new Set([queueId]));
    await expectWhole(queueId, places);
  });
});
