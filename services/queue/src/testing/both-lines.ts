import { memberHash } from '@onsale/shared/auth';
import { captureLog } from '@onsale/shared/testing';
import { createLine, type Line } from '../line/line.ts';
import { findLost } from '../places/find-lost.ts';
import { raiseLastNumber } from '../queues/admission-store.ts';
import { findQueue } from '../queues/queue-store.ts';
import type { QueueDefinition } from '../queues/queue.ts';
import { NO_REST } from '../queues/rest-store.ts';
import type { Room } from '../room.ts';
import { buildPlace } from './build-queue.ts';
import { createLineModel, LANES, type Lane, type LineModel, type Spot } from './line-model.ts';
import type { TestRooms } from './test-room.ts';

interface Options {
  readonly rooms: TestRooms;
  readonly room: Room;
  /** Throws unless what the real line says has all that the plain one wants. */
  readonly same: (real: unknown, wanted: unknown) => void;
}

/** A token that a member was given: its number, and the lane at that time. */
interface Token {
  readonly number: number;
  readonly lane: Lane;
}

/** The real line and the plain one beside it, and the steps that both are put through; each wants the same of both. The room does not tick by itself. */
export const bothLines = async ({ rooms, room, same }: Options) => {
  const line = createLine({ redis: rooms.redis, namespace: 'test' });
  const model: LineModel = createLineModel();
  const queueId = await rooms.queue(room, {
    cap: model.state.cap,
    // far longer than a play: a rest ends, and somebody is away, when a step says so
    maxPollSeconds: 300,
    abandonAfterSeconds: 1000,
    lanes: [
      { name: 'vip', weight: 3 },
      { name: 'gold', weight: 2 },
    ],
  });
  const key = (suffix: string): string => rooms.key(queueId, suffix);
  const find = findLost({ db: rooms.db, line, log: captureLog().log });
  const members = Array.from({ length: 5 }, (_, i) => `member-${i}-${queueId}`);
  const tokens: Token[] = [];
  let turns = 0;
  let copied: { model: ReturnType<LineModel['copy']>; data: { name: string; dump: Buffer }[] } | undefined;

  const queueNow = async (): Promise<QueueDefinition> => (await findQueue(rooms.db, queueId))!;
  const placeOf = (queue: QueueDefinition, { number, lane }: Token) => buildPlace(queue, number, model.spots.get(number)!.member, lane);
  const ownerOf = (spot: Spot): string => members.find((id) => memberHash(id) === spot.member)!;

  const look = async (token: Token) => {
    const queue = await queueNow();
    const place = placeOf(queue, token);
    const known = (await line.status(queue, [place]))?.[0]?.standing;
    return known ?? (await find(queue, [place], { redisAway: false }))[0]!.standing;
  };

  const enqueue = async (member: string, lane: Lane): Promise<Extract<Awaited<ReturnType<Line['enqueue']>>, { standing: object }>> => {
    const queue = await queueNow();
    const entry = await line.enqueue(queue, member, lane);
    if ('standing' in entry) return entry;
    if (entry.outcome === 'UNMARKED') await room.steps.restoreLine(queueId, queue.generation);
    else if (entry.outcome === 'UNSURE') await find(queue, [buildPlace(queue, entry.number, member, entry.lane)], { redisAway: false });
    else throw new Error(entry.outcome);
    return enqueue(member, lane);
  };

  /** As a tick does, and did a second ago at most. */
  const keepLastNumber = () => raiseLastNumber(rooms.db, queueId, Math.max(0, ...model.spots.keys()));

  const admitted = async (): Promise<{ number: number; lane: string; late: number; turn: number }[]> =>
    (await rooms.journal(queueId))
      .flatMap(({ number, lane, late, turn }) => (turn !== null && turn > turns ? [{ number, lane, late, turn }] : []))
      .sort((a, b) => a.turn - b.turn);

  const steps = {
    enter: async ({ who, lane: nth }: { who: number; lane: number }) => {
      const [id, lane] = [members[who % members.length]!, LANES[nth % LANES.length]!];
      const member = memberHash(id);
      const had = model.enter(member, lane);
      const highest = Math.max(0, ...model.spots.keys());
      const entry = await enqueue(member, lane);
      if (had === undefined) same(entry.number > highest, true);
      const spot = had ?? model.add(entry.number, member, lane);
      same(entry, { outcome: had === undefined ? 'NEW' : 'SAME', number: spot.number });
      same(entry.standing, model.look(spot.number, spot.lane));
      if (entry.standing.state === 'WAITING') same(entry.lane, spot.lane);
      tokens.push({ number: entry.number, lane: entry.lane as Lane });
    },
    show: async ({ who }: { who: number }) => {
      const token = tokens[who % tokens.length];
      if (token !== undefined) same(await look(token), model.look(token.number, token.lane));
    },
    leave: async ({ who }: { who: number }) => {
      const token = tokens[who % tokens.length];
      if (token === undefined) return;
      model.leave(token.number);
      await room.leaveQueue({ queueId, member: { id: ownerOf(model.spots.get(token.number)!) }, admission: { queueId, ...token } });
    },
    spend: async ({ who }: { who: number }) => {
      const spot = model.all()[who % model.spots.size];
      if (spot === undefined) return;
      model.ends(spot.number, 'COMPLETED');
      await rooms.spend(room, queueId, spot.number);
    },
    expire: async ({ who }: { who: number }) => {
      const spot = model.inside()[who % model.inside().length];
      if (spot === undefined) return;
      model.ends(spot.number, 'EXPIRED');
      await rooms
        .db('journal')
        .where({ queue_id: queueId, number: spot.number })
        .update({ until: rooms.db.raw('NOW(3) - INTERVAL 1 SECOND') });
      await room.steps.endExpired();
    },
    /** Its clock goes on: it was last seen long ago. */
    goAway: async ({ who }: { who: number }) => {
      const present = LANES.flatMap((lane) => model.waitingIn(lane));
      const spot = present[who % present.length];
      if (spot === undefined || !model.state.whole) return;
      const place = `${spot.number}:${spot.member}`;
      for (let tries = 0; tries < 20; tries += 1) {
        await line.head(await queueNow(), 0);
        await rooms.redis.zadd(key(`seen:${spot.lane}`), 'XX', 1, place);
        await line.head(await queueNow(), 0); // on a machine that took 5 s from one to the other all count as seen
        if ((await rooms.redis.zscore(key(`parked:${spot.lane}`), place)) !== null) break;
      }
      spot.inRedis = 'parked';
    },
    admit: async () => {
      if (!model.state.whole) {
        if (model.state.begun) model.restore(); // else its first number begins it
        same(await room.steps.admitNext(queueId), { admitted: 0 });
        return;
      }
      const { count, lanes } = model.mayComeIn();
      same(await room.steps.admitNext(queueId), { admitted: count });
      for (const row of await admitted()) {
        turns = row.turn;
        const next = lanes.get(row.lane as Lane)!.shift()!;
        same(row, { number: next.number, late: Number(model.comesIn(next)) });
      }
      same(model.inside().length <= Math.max(model.state.cap, model.inside().length - count), true);
    },
    tell: async () => {
      model.tell();
      await room.steps.tellLine();
    },
    rest: async () => {
      model.state.resting = false;
      await rooms.db('queues').where({ id: queueId }).update(NO_REST);
    },
    setCap: async ({ who }: { who: number }) => {
      model.state.cap = who % 5;
      await rooms.change(room, queueId, { cap: model.state.cap });
    },
    wipe: async () => {
      model.loses(undefined);
      await keepLastNumber();
      await rooms.wipe();
    },
    /** What a replica or a snapshot of this Redis has from now on. */
    copy: async () => {
      const keys = await rooms.redis.keys(key('*'));
      copied = {
        model: model.copy(),
        data: await Promise.all(keys.map(async (name) => ({ name, dump: await rooms.redis.dumpBuffer(name) }))),
      };
    },
    /** Another run of Redis, with what was copied, or else with all that this one has. */
    failOver: async () => {
      await keepLastNumber();
      model.loses(copied?.model ?? model.copy());
      if (copied !== undefined) {
        await rooms.wipe();
        for (const { name, dump } of copied.data) await rooms.redis.restore(name, 0, dump);
      }
      await rooms.redis.set(key('marker'), 'another run');
    },
    /** Numbers run ahead of the clock, as after a step of it. */
    stepClock: async () => {
      await rooms.redis.set(key('last'), Math.max(0, ...model.spots.keys()) + 3_600_000_000);
    },
  };

  const setsOf = async (kind: 'waiting' | 'parked') =>
    Promise.all(
      LANES.map(async (lane) => (await rooms.redis.zrange(key(`${kind}:${lane}`), 0, '-1')).map((place) => Number(place.split(':')[0]))),
    );
  const numbers = (spots: readonly Spot[]): number[] => spots.map(({ number }) => number);

  return {
    steps,
    /** Whether both have the same in line, in the same order, and inside. */
    compare: async () => {
      const real = {
        waiting: await setsOf('waiting'),
        parked: await setsOf('parked'),
        admitted: await rooms.redis.zrange(key('admitted'), 0, '-1'),
      };
      same(
        { ...real, admitted: real.admitted.map((place) => Number(place.split(':')[0])).sort((a, b) => a - b) },
        {
          waiting: LANES.map((lane) => numbers(model.waitingIn(lane))),
          parked: LANES.map((lane) => numbers(model.parkedIn(lane))),
          admitted: numbers(model.all().filter(({ inRedis }) => inRedis === 'admitted')),
        },
      );
    },
    /** All come back and are let in: nobody was lost on the way, and nobody is in twice. */
    settle: async () => {
      await steps.setCap({ who: 4 });
      for (let round = 0; round < 3; round += 1) {
        for (const who of tokens.keys()) await steps.show({ who });
        for (const step of [steps.rest, steps.tell, steps.admit, steps.admit, steps.tell]) await step();
        for (const { number } of model.inside()) await rooms.spend(room, queueId, number);
        for (const { number } of model.inside()) model.ends(number, 'COMPLETED');
      }
      await steps.tell();
      for (const who of tokens.keys()) await steps.show({ who });
      same(
        model.all().filter(({ inRedis }) => inRedis !== 'ended'),
        [],
      );
    },
  };
};

export type BothLines = Awaited<ReturnType<typeof bothLines>>;
