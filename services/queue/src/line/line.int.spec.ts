import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { memberHash } from '@onsale/shared/auth';
import { newId } from '@onsale/shared/ids';
import { testRedis, type TestRedis } from '@onsale/shared/testing';
import type { Place } from '../places/place.ts';
import type { QueueDefinition } from '../queues/queue.ts';
import { buildPlace, buildQueue } from '../testing/build-queue.ts';
import { createLine, type Line } from './line.ts';

let engine: TestRedis;
let line: Line;
beforeAll(async () => {
  engine = await testRedis();
  line = createLine({ redis: engine.redis, namespace: 'test' });
});
afterAll(() => engine.stop());

/** A marked line of a new queue. */
const given = async (): Promise<QueueDefinition> => {
  const queue = buildQueue();
  await line.reset({ ...queue, generation: 0 }, { generation: 1, floor: 0 });
  await line.mark(queue.id, 1);
  return queue;
};

const enters = async (queue: QueueDefinition, { member = memberHash(newId()), lane = 'standard' } = {}): Promise<Place> => {
  const entry = await line.enqueue(queue, member, lane);
  if (entry.outcome !== 'NEW' && entry.outcome !== 'SAME') throw new Error(entry.outcome);
  return buildPlace(queue, entry.number, member, entry.lane);
};
const standings = async (queue: QueueDefinition, places: readonly Place[]) =>
  (await line.status(queue, places))!.map(({ standing }) => standing);
const restored = async (queue: QueueDefinition, places: readonly Place[]) =>
  (await line.restore(queue, places)).found.map(({ standing }) => (standing === 'LOST' ? standing : standing.state));
const firstOf = async (queue: QueueDefinition, want: number, lane = 'standard') =>
  (await line.head(queue, want))!.lanes.find(({ name }) => name === lane)?.first;
const counted = (waiting: number, admitted: number) => ({ waiting, admitted, lanes: [{ name: 'standard', waiting }] });
const soon = () => Date.now() + 60_000;

describe('the line', () => {
  it('gives no numbers, admits nobody and tells nothing before it is marked, nor with the mark of another life', async () => {
    const queue = await given();
    for (const wrong of [
      { ...queue, generation: 0 },
      { ...queue, generation: 2 },
      { ...queue, id: `q-${newId()}` },
    ]) {
      expect(await line.enqueue(wrong, 'm'.repeat(22), 'standard')).toEqual({ outcome: 'UNMARKED' });
      expect(await line.head(wrong, 1)).toBeUndefined();
      expect(await line.status(wrong, [])).toBeUndefined();
    }
  });

  it('gives all that ask in one moment a number of their own in the order in which they ask, each with how many wait then, up to the capacity', async () => {
    const queue = { ...(await given()), capacity: 450 };
    const members = Array.from({ length: 449 }, () => memberHash(newId()));
    const first = members[0]!;
    const asked = [...members, first, memberHash(newId()), memberHash(newId()), first];
    const entries = await Promise.all(asked.map((member, i) => line.enqueue(queue, member, i % 3 === 0 ? 'vip' : 'standard')));
    expect(entries.slice(449).map(({ outcome }) => outcome)).toEqual(['SAME', 'NEW', 'FULL', 'SAME']);
    const places = entries.flatMap((entry) => (entry.outcome === 'NEW' ? [entry] : []));
    expect(places.map(({ waiting }) => waiting)).toEqual(Array.from({ length: 450 }, (_, i) => i + 1));
    expect(places.map(({ number }) => number)).toEqual([...new Set(places.map(({ number }) => number))].toSorted((a, b) => a - b));
    for (const lane of ['vip', 'standard']) {
      const positions = places
        .filter((place) => place.lane === lane)
        .map(({ standing }) => standing.state === 'WAITING' && standing.position);
      expect(positions).toEqual(positions.map((_, i) => i + 1));
    }
    expect(entries.at(-1)).toMatchObject({ number: places[0]!.number, lane: 'vip', standing: { state: 'WAITING', position: 1 } });
  });

  it('is not marked when it was lost again while it was being restored', async () => {
    const queue = await given();
    await line.reset(queue, { generation: 2, floor: 0 });
    expect(await line.enqueue({ ...queue, generation: 2 }, 'm'.repeat(22), 'standard')).toEqual({ outcome: 'UNMARKED' });
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
    expect(await line.counters(queue.id)).toEqual(counted(0, 1));

    for (const decisions of [[ended], [ended], [admitted], [admitted, ended]]) {
      await line.apply(queue.id, decisions);
      expect(await standings(queue, [place])).toEqual([{ state: 'ENDED', ending: 'COMPLETED' }]);
      expect(await line.counters(queue.id)).toEqual(counted(0, 0));
    }
  });

  it('has the admitted inside until it is told of the end, whatever the time of its Redis', async () => {
    const queue = await given();
    const place = await enters(queue);
    const admittedUntilMs = Date.now() - 60_000;
    await line.apply(queue.id, [{ ...place, admittedUntilMs }]);
    const standing = { state: 'ADMITTED', untilMs: admittedUntilMs, remainingMs: 0 };
    expect(await standings(queue, [place])).toEqual([standing]);
    expect(await line.enqueue(queue, place.member, 'standard')).toMatchObject({ outcome: 'SAME', number: place.number, standing });
  });

  it('frees a member only by the end of the number it has', async () => {
    const queue = await given();
    const first = await enters(queue);
    await line.apply(queue.id, [{ ...first, ending: 'LEFT' }]);
    const second = await enters(queue, first);
    expect(second.number).toBeGreaterThan(first.number);
    await line.apply(queue.id, [{ ...first, ending: 'LEFT' }]);
    expect(await enters(queue, first)).toEqual(second);
  });

  it('asks the journal of a number that a member owns and that stands nowhere, and gives a new one when its life is over', async () => {
    const queue = await given();
    const place = await enters(queue);
    await engine.redis.del(`test:queue:{${queue.id}}:waiting:standard`);
    expect(await line.enqueue(queue, place.member, 'standard')).toEqual({ outcome: 'UNSURE', number: place.number, lane: 'standard' });

    const tenSecondsOn = { ...queue, epoch: queue.epoch - 10_000, tokenLifeSeconds: 5 };
    const entry = await line.enqueue(tenSecondsOn, place.member, 'standard');
    expect(entry).toMatchObject({ outcome: 'NEW', standing: { state: 'WAITING', position: 1 } });
    expect(await line.enqueue(tenSecondsOn, place.member, 'standard')).toMatchObject({ ...entry, outcome: 'SAME' });
  });

  it('asks the journal of an admission that may be ending for a no-show, though its number be older than a token lives', async () => {
    const queue = await given();
    const place = await enters(queue);
    await line.apply(queue.id, [{ ...place, admittedUntilMs: soon() }]);
    await engine.redis.sadd(`test:queue:{${queue.id}}:claimed`, `${place.number}:${place.member}`);
    const tenSecondsOn = { ...queue, epoch: queue.epoch - 10_000, tokenLifeSeconds: 5 };
    const unsure = { outcome: 'UNSURE', number: place.number, lane: 'standard' };
    expect(await line.enqueue(tenSecondsOn, place.member, 'standard')).toEqual(unsure);
  });

  it('reckons how fast it moves from who comes in, and not from whom it is told of again after a loss', async () => {
    const queue = await given();
    const places: Place[] = [];
    for (let i = 0; i < 20; i += 1) places.push(await enters(queue));
    const rate = async () => (await line.figures(queue.id)).lanes[0]!.admissionsPerSecond;
    await line.apply(
      queue.id,
      places.slice(0, 10).map((place) => ({ ...place, admittedUntilMs: soon(), seen: true })),
    );
    expect(await rate()).toBe(0);
    await line.apply(
      queue.id,
      places.map((place) => ({ ...place, admittedUntilMs: soon() })),
    );
    expect(await rate()).toBeCloseTo(10 / 60 / (1 - Math.exp(-10 / 60)), 2); // ten of them, as if in the ten seconds that a rate is of at least
  });

  it('puts lost places back in the order of their numbers, once a member', async () => {
    const queue = await given();
    const places: Place[] = [];
    for (let i = 0; i < 5; i += 1) places.push(await enters(queue));
    await engine.redis.del(`test:queue:{${queue.id}}:waiting:standard`, ...(await engine.redis.keys(`test:queue:{${queue.id}}:owner:*`)));

    expect(await restored(queue, places.toReversed())).toEqual(places.map(() => 'WAITING'));
    expect(await firstOf(queue, 10)).toEqual(places);

    const higher = buildPlace(queue, places[4]!.number + 1, places[0]!.member);
    expect(await restored(queue, [higher])).toEqual(['LOST']);
    const lower = buildPlace(queue, places[1]!.number - 1, places[3]!.member);
    expect((await line.restore(queue, [lower])).gaveWay).toEqual([places[3]]);
    expect(await firstOf(queue, 10)).toEqual([places[0], lower, places[1], places[2], places[4]]);
  });

  it('lets an admitted number stay, and the waiting one of its member give way', async () => {
    const queue = await given();
    const waiting = await enters(queue);
    const admitted = buildPlace(queue, waiting.number + 10, waiting.member);
    expect(await line.apply(queue.id, [{ ...admitted, admittedUntilMs: soon() }])).toEqual([waiting]);
    expect(await restored(queue, [waiting])).toEqual(['LOST']);
    expect(await enters(queue, waiting)).toEqual(admitted);
  });

  it('writes numbers out in full, and orders them, however large', async () => {
    const queue = await given();
    const far = 9_007_199_254_740_000;
    await engine.redis.set(`test:queue:{${queue.id}}:last`, String(far));
    const places = [await enters(queue), await enters(queue)];
    expect(places.map(({ number }) => number)).toEqual([far + 1, far + 2]);
    expect(await firstOf(queue, 2)).toEqual(places);
  });

  it('does a thousand at a time of a long line', async () => {
    const queue = await given();
    const places: Place[] = [];
    for (let i = 0; i < 20; i += 1) places.push(...(await Promise.all(Array.from({ length: 1000 }, () => enters(queue)))));
    expect(await line.head(queue, 1000)).toMatchObject({ waiting: 20_000, lanes: [{ name: 'standard', first: places.slice(0, 1000) }] });

    await line.apply(
      queue.id,
      places.slice(0, 2500).map((place) => ({ ...place, admittedUntilMs: soon() })),
    );
    expect(await line.counters(queue.id)).toEqual(counted(17_500, 2500));
    expect((await standings(queue, places.slice(2000, 3000))).map((standing) => standing?.state)).toEqual([
      ...Array.from({ length: 500 }, () => 'ADMITTED'),
      ...Array.from({ length: 500 }, () => 'WAITING'),
    ]);
  });
});

describe('lanes', () => {
  const lost = async (queue: QueueDefinition): Promise<void> => {
    const keys = await engine.redis.keys(`test:queue:{${queue.id}}:*`);
    await engine.redis.del(...keys.filter((key) => !key.endsWith(':marker') && !key.endsWith(':last')));
  };

  it('have an order each, and positions are counted in one', async () => {
    const queue = await given();
    const [a, b, c, d] = [
      await enters(queue),
      await enters(queue, { lane: 'vip' }),
      await enters(queue),
      await enters(queue, { lane: 'vip' }),
    ];
    expect((await line.head(queue, 10))!.lanes).toEqual([
      { name: 'standard', first: [a, c] },
      { name: 'vip', first: [b, d] },
    ]);
    expect((await line.status(queue, [c, d]))!).toMatchObject([
      { standing: { position: 2 }, pace: { lane: 'standard', waiting: 2 } },
      { standing: { position: 2 }, pace: { lane: 'vip', waiting: 2 } },
    ]);
    expect(await line.counters(queue.id)).toMatchObject({ waiting: 4, lanes: [{ waiting: 2 }, { name: 'vip', waiting: 2 }] });
  });

  it('take over who waits in the standard one, at its own number, once; then both its tokens say the same', async () => {
    const queue = await given();
    const [early, first] = [await enters(queue), await enters(queue, { lane: 'vip' })];
    const moved = await enters(queue, { member: early.member, lane: 'vip' });
    expect(moved).toEqual({ ...early, lane: 'vip' });
    expect(await enters(queue, { member: early.member, lane: 'gold' })).toEqual(moved);
    expect(await enters(queue, { member: early.member })).toEqual(moved);
    expect((await line.head(queue, 10))!.lanes).toEqual([
      { name: 'standard', first: [] },
      { name: 'vip', first: [moved, first] },
    ]);
    expect(await standings(queue, [early, moved])).toMatchObject([{ position: 1 }, { position: 1 }]);

    for (const shownFirst of [early, moved]) {
      await lost(queue);
      await restored(queue, [shownFirst]);
      expect(await standings(queue, [moved, early])).toMatchObject([{ position: 1 }, { position: 1 }]);
      expect(await firstOf(queue, 10)).toEqual([]);
      expect(await firstOf(queue, 10, 'vip')).toEqual([moved]);
    }
  });

  it('lose who is told to be admitted or gone, by whatever lane the row names', async () => {
    const queue = await given();
    const [admitted, gone] = [await enters(queue), await enters(queue)];
    for (const { member } of [admitted, gone]) await enters(queue, { member, lane: 'vip' });
    await line.apply(queue.id, [
      { ...admitted, admittedUntilMs: soon() },
      { ...gone, ending: 'LEFT' },
    ]);
    expect(await line.counters(queue.id)).toMatchObject({ waiting: 0, admitted: 1 });
    expect((await standings(queue, [admitted, gone])).map((standing) => standing?.state)).toEqual(['ADMITTED', 'ENDED']);
  });

  it('count for the capacity of the room together', async () => {
    const queue = { ...(await given()), capacity: 2 };
    await enters(queue);
    await enters(queue, { lane: 'vip' });
    expect(await line.enqueue(queue, 'm'.repeat(22), 'vip')).toEqual({ outcome: 'FULL' });
  });

  it('are forgotten when they are empty, and not before', async () => {
    const queue = await given();
    const place = await enters(queue, { lane: 'vip' });
    await line.head(queue, 1);
    expect(await engine.redis.smembers(`test:queue:{${queue.id}}:lanes`)).toEqual(['vip']);
    await line.apply(queue.id, [{ ...place, ending: 'LEFT' }]);
    await line.head(queue, 1);
    expect(await engine.redis.smembers(`test:queue:{${queue.id}}:lanes`)).toEqual([]);
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
