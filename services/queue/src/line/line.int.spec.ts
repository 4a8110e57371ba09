import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { memberHash } from '@onsale/shared/auth';
import { newId } from '@onsale/shared/ids';
import { testRedis, type TestRedis } from '@onsale/shared/testing';
import type { Place } from '../places/place.ts';
import { createLine, type Line } from './line.ts';

let engine: TestRedis;
let line: Line;
beforeAll(async () => {
  engine = await testRedis();
  line = createLine({ redis: engine.redis, namespace: 'test' });
});
afterAll(() => engine.stop());

/** A marked line of a new queue whose epoch is now. */
const given = async () => {
  const queue = {
    id: `q-${newId()}`,
    epoch: Date.now() - 1000,
    generation: 0,
    tokenLifeSeconds: 86_400,
    abandonAfterSeconds: 120,
    capacity: undefined,
  };
  await line.reset(queue, { generation: 1, floor: 0 });
  await line.mark(queue.id, 1);
  return { ...queue, generation: 1 };
};
type Queue = Awaited<ReturnType<typeof given>>;

const enters = async (queue: Queue, member = memberHash(newId())): Promise<Place> => {
  const entry = await line.enqueue(queue, member);
  if (entry.outcome !== 'NEW' && entry.outcome !== 'SAME') throw new Error(entry.outcome);
  return { number: entry.number, member };
};
const standings = async (queue: Queue, places: readonly Place[]) => (await line.status(queue, places))!.standings;
const soon = () => Date.now() + 60_000;

describe('the line', () => {
  it('gives no numbers, admits nobody and tells nothing before it is marked, nor with the mark of another life', async () => {
    const queue = await given();
    for (const wrong of [
      { ...queue, generation: 0 },
      { ...queue, generation: 2 },
      { ...queue, id: `q-${newId()}` },
    ]) {
      expect(await line.enqueue(wrong, 'm'.repeat(22))).toEqual({ outcome: 'UNMARKED' });
      expect(await line.head(wrong, 1)).toBeUndefined();
      expect(await line.status(wrong, [])).toBeUndefined();
    }
  });

  it('is not marked when it was lost again while it was being restored', async () => {
    const queue = await given();
    await line.reset(queue, { generation: 2, floor: 0 });
    expect(await line.enqueue({ ...queue, generation: 2 }, 'm'.repeat(22))).toEqual({ outcome: 'UNMARKED' });
    await engine.redis.del(`test:queue:{${queue.id}}:marker`);
    await expect(line.mark(queue.id, 2)).rejects.toThrow('lost the line again');
  });

  it('is told an admission and an end as often as one likes, in any order, and the end stays', async () => {
    const queue = await given();
    const place = await enters(queue);
    const admitted = { ...place, admittedUntilMs: soon() };
    const ended = { ...place, ending: 'COMPLETED' as const };
    await line.apply(queue.id, [admitted]);
    await line.apply(queue.id, [admitted]);
    expect(await standings(queue, [place])).toMatchObject([{ state: 'ADMITTED', untilMs: admitted.admittedUntilMs }]);
    expect(await line.counters(queue.id)).toEqual({ waiting: 0, admitted: 1 });

    for (const decisions of [[ended], [ended], [admitted], [admitted, ended]]) {
      await line.apply(queue.id, decisions);
      expect(await standings(queue, [place])).toEqual([{ state: 'ENDED', ending: 'COMPLETED' }]);
      expect(await line.counters(queue.id)).toEqual({ waiting: 0, admitted: 0 });
    }
  });

  it('has the admitted inside until it is told of the end, whatever the time of its Redis', async () => {
    const queue = await given();
    const place = await enters(queue);
    const admittedUntilMs = Date.now() - 60_000;
    await line.apply(queue.id, [{ ...place, admittedUntilMs }]);
    const standing = { state: 'ADMITTED', untilMs: admittedUntilMs, remainingMs: 0 };
    expect(await standings(queue, [place])).toEqual([standing]);
    expect(await line.enqueue(queue, place.member)).toMatchObject({ outcome: 'SAME', number: place.number, standing });
  });

  it('frees a member only by the end of the number it has', async () => {
    const queue = await given();
    const first = await enters(queue);
    await line.apply(queue.id, [{ ...first, ending: 'LEFT' }]);
    const second = await enters(queue, first.member);
    expect(second.number).toBeGreaterThan(first.number);
    await line.apply(queue.id, [{ ...first, ending: 'LEFT' }]);
    expect(await enters(queue, first.member)).toEqual(second);
  });

  it('asks the journal of a number that a member owns and that stands nowhere, and gives a new one when its life is over', async () => {
    const queue = await given();
    const place = await enters(queue);
    await engine.redis.del(`test:queue:{${queue.id}}:waiting:standard`);
    expect(await line.enqueue(queue, place.member)).toEqual({ outcome: 'UNSURE', number: place.number });

    const tenSecondsOn = { ...queue, epoch: queue.epoch - 10_000, tokenLifeSeconds: 5 };
    const entry = await line.enqueue(tenSecondsOn, place.member);
    expect(entry).toMatchObject({ outcome: 'NEW', standing: { state: 'WAITING', position: 1 } });
    expect(await line.enqueue(tenSecondsOn, place.member)).toMatchObject({ ...entry, outcome: 'SAME' });
  });

  it('puts lost places back in the order of their numbers, once a member', async () => {
    const queue = await given();
    const places: Place[] = [];
    for (let i = 0; i < 5; i += 1) places.push(await enters(queue));
    await engine.redis.del(`test:queue:{${queue.id}}:waiting:standard`, ...(await engine.redis.keys(`test:queue:{${queue.id}}:owner:*`)));

    const { found, gaveWay } = await line.restore(queue, places.toReversed());
    expect(found.map((standing) => (standing === 'LOST' ? standing : standing.state))).toEqual(places.map(() => 'WAITING'));
    expect(gaveWay).toEqual([]);
    expect((await line.head(queue, 10))!.first).toEqual(places);

    const higher = { number: places[4]!.number + 1, member: places[0]!.member };
    expect((await line.restore(queue, [higher])).found).toEqual(['LOST']);
    const lower = { number: places[1]!.number - 1, member: places[3]!.member };
    expect((await line.restore(queue, [lower])).gaveWay).toEqual([places[3]]);
    expect((await line.head(queue, 10))!.first).toEqual([places[0], lower, places[1], places[2], places[4]]);
  });

  it('lets an admitted number stay, and the waiting one of its member give way', async () => {
    const queue = await given();
    const waiting = await enters(queue);
    const admitted = { number: waiting.number + 10, member: waiting.member };
    expect(await line.apply(queue.id, [{ ...admitted, admittedUntilMs: soon() }])).toEqual([waiting]);
    expect((await line.restore(queue, [waiting])).found).toEqual(['LOST']);
    expect(await enters(queue, waiting.member)).toEqual(admitted);
  });

  it('writes numbers out in full, and orders them, however large', async () => {
    const queue = await given();
    const far = 9_007_199_254_740_000;
    await engine.redis.set(`test:queue:{${queue.id}}:last`, String(far));
    const places = [await enters(queue), await enters(queue)];
    expect(places.map(({ number }) => number)).toEqual([far + 1, far + 2]);
    expect((await line.head(queue, 2))!.first).toEqual(places);
  });

  it('does a thousand at a time of a long line', async () => {
    const queue = await given();
    const places: Place[] = [];
    for (let i = 0; i < 20; i += 1) places.push(...(await Promise.all(Array.from({ length: 1000 }, () => enters(queue)))));
    const head = (await line.head(queue, 1000))!;
    expect(head).toMatchObject({ waiting: 20_000, first: places.slice(0, 1000) });

    await line.apply(
      queue.id,
      places.slice(0, 2500).map((place) => ({ ...place, admittedUntilMs: soon() })),
    );
    expect(await line.counters(queue.id)).toEqual({ waiting: 17_500, admitted: 2500 });
    expect((await standings(queue, places.slice(2000, 3000))).map((standing) => standing?.state)).toEqual([
      ...Array.from({ length: 500 }, () => 'ADMITTED'),
      ...Array.from({ length: 500 }, () => 'WAITING'),
    ]);
  });
});

describe('busy queues', () => {
  it('stay marked when somebody has come since their mark was read', async () => {
    await line.markBusy('q1', 1000);
    await line.markBusy('q2', 1000);
    await line.markBusy('q2', 2000);
    await line.unmarkBusy({ queueId: 'q1', markedMs: 1000 });
    await line.unmarkBusy({ queueId: 'q2', markedMs: 1000 });
    expect(await line.busy()).toEqual([{ queueId: 'q2', markedMs: 2000 }]);
  });
});
