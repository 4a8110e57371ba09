import type { Redis } from '@onsale/shared/redis';
import type { Ending, Place, Standing } from '../places/place.ts';
import type { QueueDefinition } from '../queues/queue.ts';
import { scriptsOf } from './scripts.ts';

export interface LineOptions {
  /** Without autopipelining: scripts gain nothing by it. */
  readonly redis: Redis;
  readonly namespace: string;
}

/** What the scripts need to know of a queue. */
export type LineOf = Pick<QueueDefinition, 'id' | 'epoch' | 'generation' | 'tokenLifeSeconds'>;

/** How the line moves: what a wait is reckoned from. */
export interface Pace {
  readonly waiting: number;
  /** Admissions a second, smoothed over about a minute. */
  readonly rate: number;
}

export type Entry =
  | {
      readonly outcome: 'NEW' | 'SAME';
      readonly number: number;
      readonly standing: Standing;
      readonly pace: Pace;
      readonly admitted: number;
    }
  /** The member owns a number that this Redis does not know: the journal has to be asked. */
  | { readonly outcome: 'UNSURE'; readonly number: number }
  | { readonly outcome: 'FULL' }
  | { readonly outcome: 'UNMARKED' };

/** What the journal has decided of a place. */
export type Decision = Place & ({ readonly admittedUntilMs: number } | { readonly ending: Ending });

export interface Head {
  readonly lastNumber: number;
  readonly waiting: number;
  readonly first: readonly Place[];
}

/** Keys of one call: a script of more would hold Redis for milliseconds. */
const BATCH = 1000;
/** So far above every number known do the numbers of a line's next life begin. */
const LEAD_MICROS = 5_000_000;

/** What every key of a queue's line begins with. */
export const lineKey = (namespace: string, queueId: string): string => `${namespace}:queue:{${queueId}}`;

const keyOf = ({ number, member }: Place): string => `${number}:${member}`;

export const placeOf = (key: string): Place => {
  const [number = '', member = ''] = key.split(':');
  return { number: Number(number), member };
};

/** `undefined`: this Redis does not know the place. */
const standingOf = (state: unknown, value: unknown, nowMs: number): Standing | 'LOST' | undefined => {
  switch (state) {
    case 'WAITING':
      return { state, position: Number(value) + 1 };
    case 'ADMITTED': {
      const untilMs = Number(value); // by the database's clock: it ends an admission, and this one only says how long that may take
      return { state, untilMs, remainingMs: Math.max(0, untilMs - nowMs) };
    }
    case 'ENDED':
      return { state, ending: value as Ending };
    case 'LOST':
      return 'LOST';
    case 'OVER':
      return { state };
    default:
      return undefined;
  }
};

const standingsOf = (flat: readonly unknown[], nowMs: number): (Standing | 'LOST' | undefined)[] =>
  Array.from({ length: flat.length / 2 }, (_, i) => standingOf(flat[2 * i], flat[2 * i + 1], nowMs));

const chunksOf = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));

const micros = (queue: LineOf): number => queue.epoch * 1000;

/** The line in Redis: one script an operation, each atomic. All of it can be lost, and is put together again from journal and tokens. */
export const createLine = ({ redis, namespace }: LineOptions) => {
  const scripts = scriptsOf(redis);
  const name = (queueId: string): string => lineKey(namespace, queueId);
  const busyKey = `${namespace}:queue:busy`;

  return {
    /** The member's place, or a new one at the end. `UNMARKED`: this Redis has lost writes, and gives out no numbers until it is restored. */
    enqueue: async (queue: LineOf & Pick<QueueDefinition, 'capacity'>, member: string): Promise<Entry> => {
      const reply = (await scripts.enqueue(name(queue.id), [
        queue.generation,
        member,
        micros(queue),
        queue.tokenLifeSeconds,
        queue.capacity ?? '',
      ])) as [Entry['outcome'], ...unknown[]];
      const [outcome, number, state, value, nowMs, waiting, rate, admitted] = reply;
      if (outcome === 'FULL' || outcome === 'UNMARKED') return { outcome };
      if (outcome === 'UNSURE') return { outcome, number: Number(number) };
      const standing = standingOf(state, value, Number(nowMs)) as Standing;
      const pace = { waiting: Number(waiting), rate: Number(rate) };
      return { outcome, number: Number(number), standing, pace, admitted: Number(admitted) };
    },

    /** Where places stand; asking counts as seen. `undefined` as a whole: this Redis has lost writes, so that the journal has to be asked for all. */
    status: async (queue: LineOf, places: readonly Place[]): Promise<{ pace: Pace; standings: (Standing | undefined)[] } | undefined> => {
      const reply = (await scripts.status(name(queue.id), [
        queue.generation,
        micros(queue),
        queue.tokenLifeSeconds,
        ...places.map(keyOf),
      ])) as [string, string, number, string, unknown[]];
      const [marked, nowMs, waiting, rate, states] = reply;
      if (marked !== '1') return undefined;
      return { pace: { waiting, rate: Number(rate) }, standings: standingsOf(states, Number(nowMs)) as (Standing | undefined)[] };
    },

    /** The first `want` present waiters, after the absent were parked. `undefined`: this Redis has lost writes. */
    head: async (queue: LineOf & Pick<QueueDefinition, 'abandonAfterSeconds'>, want: number): Promise<Head | undefined> => {
      const reply = (await scripts.head(name(queue.id), [
        queue.generation,
        micros(queue),
        queue.tokenLifeSeconds,
        queue.abandonAfterSeconds * 1000,
        want,
      ])) as [string, string, number, string[]];
      const [marked, lastNumber, waiting, first] = reply;
      return marked === '1' ? { lastNumber: Number(lastNumber), waiting, first: first.map(placeOf) } : undefined;
    },

    /** Tells the line what the journal decided; again changes nothing. Answers with places that gave way to another of their member. */
    apply: async (queueId: string, decisions: readonly Decision[]): Promise<Place[]> => {
      const gaveWay: Place[] = [];
      for (const batch of chunksOf(decisions, BATCH)) {
        const args = batch.flatMap((decision) =>
          'ending' in decision ? ['E', keyOf(decision), decision.ending] : ['A', keyOf(decision), decision.admittedUntilMs],
        );
        gaveWay.push(...((await scripts.apply(name(queueId), args)) as string[]).map(placeOf));
      }
      return gaveWay;
    },

    /** Puts genuine places that neither Redis nor the journal knows back at their numbers. `LOST`: another place of that member stays. */
    restore: async (queue: LineOf, places: readonly Place[]): Promise<{ pace: Pace; found: (Standing | 'LOST')[]; gaveWay: Place[] }> => {
      const args = [micros(queue), queue.tokenLifeSeconds, ...places.map(keyOf)];
      const reply = (await scripts.restore(name(queue.id), args)) as [string, number, string, unknown[], string[]];
      const [nowMs, waiting, rate, states, gaveWay] = reply;
      return {
        pace: { waiting, rate: Number(rate) },
        found: standingsOf(states, Number(nowMs)) as (Standing | 'LOST')[],
        gaveWay: gaveWay.map(placeOf),
      };
    },

    /** Begins the line's next life; `mark` ends the beginning. Its numbers go on 5 s above `floor` and all that Redis knows; a first life has no lead. */
    reset: async (queue: LineOf, { generation, floor }: { generation: number; floor: number }) => {
      const lead = queue.generation === 0 ? 0 : LEAD_MICROS;
      const reply = (await scripts.reset(name(queue.id), [generation, floor, micros(queue), lead])) as [string, number];
      return { lastNumber: Number(reply[0]), left: reply[1] };
    },

    /** @throws Error when Redis was lost again since `reset` */
    mark: async (queueId: string, generation: number): Promise<void> => {
      if ((await scripts.mark(name(queueId), [generation])) !== 1) throw new Error('Redis lost the line again while it was being restored');
    },

    /** How many wait and are admitted now. */
    counters: async (queueId: string): Promise<{ waiting: number; admitted: number }> => {
      const [waiting, admitted] = await Promise.all([
        redis.zcard(`${name(queueId)}:waiting:standard`),
        redis.zcard(`${name(queueId)}:admitted`),
      ]);
      return { waiting, admitted };
    },

    /** Says that somebody waits there, so that ticks look at it. */
    markBusy: async (queueId: string, nowMs: number): Promise<void> => {
      await redis.zadd(busyKey, nowMs, queueId);
    },

    busy: async (): Promise<{ queueId: string; markedMs: number }[]> => {
      const flat = await redis.zrange(busyKey, 0, '-1', 'WITHSCORES');
      return chunksOf(flat, 2).map(([queueId = '', score]) => ({ queueId, markedMs: Number(score) }));
    },

    /** Nobody waits there; unless somebody has marked it since `markedMs` was read. */
    unmarkBusy: async ({ queueId, markedMs }: { queueId: string; markedMs: number }): Promise<void> => {
      await scripts.unmarkBusy(busyKey, [queueId, markedMs]);
    },
  };
};

export type Line = ReturnType<typeof createLine>;
