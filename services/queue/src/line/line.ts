import { gatherByKey } from '@onsale/shared/gather';
import type { Redis } from '@onsale/shared/redis';
import { BEHIND_THE_DRAW } from '../opening/draw.ts';
import { openingNumber } from '../opening/opening.ts';
import type { Place, Standing } from '../places/place.ts';
import { scoreOf, scoreRuleOf } from '../places/score.ts';
import type { QueueDefinition } from '../queues/queue.ts';
import { findPlace } from './find-place.ts';
import type { Counters, Decision, Entry, Figures, Found, Head } from './line-views.ts';
import { chunksOf, entryOf, foundOf, gaveWayOf, keyOf, ownerOf, pacesOf } from './replies.ts';
import { scriptsOf } from './scripts.ts';

export interface LineOptions {
  /** Without autopipelining: scripts gain nothing by it. */
  readonly redis: Redis;
  readonly namespace: string;
}

/** A line in one of its lives. */
type LineLife = Pick<QueueDefinition, 'id' | 'generation'>;

interface Newcomer {
  readonly queue: QueueDefinition;
  readonly member: string;
  readonly lane: string;
}

/** Newcomers of one call. */
const NEWCOMERS = 200;
/** Places of one call that are moved from one set to another: 10 microseconds each, so that Redis is held for some milliseconds at most. */
const MOVES = 250;
/** So far above every number known do the numbers of a line's next life begin. */
export const LEAD_MICROS = 5_000_000;

/** A member hash is of these. */
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** What every key of a queue's line begins with. */
export const lineKey = (namespace: string, queueId: string): string => `${namespace}:queue:{${queueId}}`;

const micros = (queue: Pick<QueueDefinition, 'epoch'>): number => queue.epoch * 1000;

/** The line in Redis: one script an operation, each atomic. All of it can be lost, and is put together again from journal and tokens. */
export const createLine = ({ redis, namespace }: LineOptions) => {
  const scripts = scriptsOf(redis);
  const name = (queueId: string): string => lineKey(namespace, queueId);
  const busyKey = `${namespace}:queue:busy`;

  /** All of one queue, as one definition of it has it. */
  const enqueueAll = async (newcomers: readonly Newcomer[]): Promise<Entry[]> => {
    const { queue } = newcomers[0]!;
    const { drawnBelow, offset } = scoreRuleOf(queue, '');
    const reply = (await scripts.enqueue(name(queue.id), [
      queue.generation,
      micros(queue),
      queue.tokenLifeSeconds,
      queue.capacity ?? '',
      drawnBelow,
      offset,
      ...newcomers.flatMap(({ member, lane }) => [member, lane, scoreRuleOf(queue, member).drawn]),
    ])) as [string, string, number, unknown[], (string | number)[]];
    const [marked, nowMs, admitted, entries, paces] = reply;
    if (marked !== '1') return newcomers.map(() => ({ outcome: 'UNMARKED' }));
    const told = { nowMs: Number(nowMs), admitted, paces: pacesOf(paces) };
    return chunksOf(entries, 6).map((entry) => entryOf(entry, told));
  };
  const enqueued = gatherByKey((_queue: string, newcomers: Newcomer[]) => enqueueAll(newcomers), NEWCOMERS);

  return {
    /**
     * The member's place, or a new one at the end. `UNMARKED`: this Redis has lost writes, and gives out no numbers until it is restored. Those who ask
     * in one turn of the event loop take one call.
     */
    enqueue: (queue: QueueDefinition, member: string, lane: string): Promise<Entry> =>
      enqueued(JSON.stringify([queue.id, queue.generation, queue.capacity, queue.tokenLifeSeconds, openingNumber(queue)]), {
        queue,
        member,
        lane,
      }),

    /** Where places stand; asking counts as seen. `undefined` as a whole: this Redis has lost writes, so that the journal has to be asked for all. */
    status: async (queue: QueueDefinition, places: readonly Place[]): Promise<Found<Standing | undefined>[] | undefined> => {
      const reply = (await scripts.status(name(queue.id), [
        queue.generation,
        micros(queue),
        queue.tokenLifeSeconds,
        openingNumber(queue),
        ...places.flatMap((place) => [keyOf(place), place.lane]),
      ])) as [string, string, unknown[], (string | number)[]];
      const [marked, nowMs, states, paces] = reply;
      return marked === '1' ? (foundOf(states, paces, Number(nowMs)) as Found<Standing | undefined>[]) : undefined;
    },

    /** The first `want` present waiters of each lane, after the absent were parked. `undefined`: this Redis has lost writes. */
    head: async (queue: QueueDefinition, want: number): Promise<Head | undefined> => {
      const { drawnBelow, offset } = scoreRuleOf(queue, '');
      const reply = (await scripts.head(name(queue.id), [
        queue.generation,
        micros(queue),
        queue.tokenLifeSeconds,
        queue.abandonAfterSeconds * 1000,
        want,
        drawnBelow,
        offset,
      ])) as [string, string, ...(string | number | string[])[]];
      const [marked, lastNumber, ...flat] = reply;
      if (marked !== '1') return undefined;
      const lanes = chunksOf(flat as [string, number, string[]], 3) as unknown as [string, number, string[]][];
      return {
        lastNumber: Number(lastNumber),
        waiting: lanes.reduce((sum, [, waiting]) => sum + waiting, 0),
        lanes: lanes.map(([lane, , first]) => ({
          name: lane,
          first: first.map((key) => {
            const owner = ownerOf(key);
            return { ...owner, lane, score: scoreOf(queue, owner) };
          }),
        })),
      };
    },

    /** Tells the line what the journal decided; again changes nothing. Answers with places that gave way to another of their member. */
    apply: async (queueId: string, decisions: readonly Decision[]): Promise<Place[]> => {
      const gaveWay: Place[] = [];
      for (const batch of chunksOf(decisions, MOVES)) {
        const args = batch.flatMap((decision) =>
          'ending' in decision
            ? ['E', keyOf(decision), decision.lane, decision.ending]
            : [decision.seen === true ? 'S' : 'A', keyOf(decision), decision.lane, decision.admittedUntilMs],
        );
        gaveWay.push(...gaveWayOf((await scripts.apply(name(queueId), args)) as string[]));
      }
      return gaveWay;
    },

    /** Takes places out of the line whose numbers are others'. */
    drop: async (queueId: string, places: readonly Place[]): Promise<void> => {
      await scripts.drop(
        name(queueId),
        places.flatMap((place) => [keyOf(place), place.lane]),
      );
    },

    /** Puts genuine places that neither Redis nor the journal knows back into their lanes. `LOST`: another place of that member stays. */
    restore: async (queue: QueueDefinition, places: readonly Place[]): Promise<{ found: Found<Standing | 'LOST'>[]; gaveWay: Place[] }> => {
      const found: Found<Standing | 'LOST'>[] = [];
      const gaveWay: Place[] = [];
      for (const batch of chunksOf(places, MOVES)) {
        const moved = batch.flatMap((place) => [keyOf(place), place.lane, place.score]);
        const args = [micros(queue), queue.tokenLifeSeconds, openingNumber(queue), ...moved];
        const reply = (await scripts.restore(name(queue.id), args)) as [string, unknown[], (string | number)[], string[]];
        const [nowMs, states, paces, gone] = reply;
        found.push(...(foundOf(states, paces, Number(nowMs)) as Found<Standing | 'LOST'>[]));
        gaveWay.push(...gaveWayOf(gone));
      }
      return { found, gaveWay };
    },

    /**
     * Takes everybody out of a line whose epoch is over, unless that was done; to be followed by `reset`. In steps that hold Redis for no time, so the caller holds
     * the lock of the queue's row; a step that comes after another caller was through changes nothing. `newcomers`: numbers of the present epoch
     * were given out before.
     */
    endEpoch: async ({ id, firstNumber }: Pick<QueueDefinition, 'id' | 'firstNumber'>): Promise<{ newcomers: boolean }> => {
      const [over, lastNumber] = (await scripts.endEpoch(name(id), [firstNumber])) as [number, string];
      if (over !== 1) return { newcomers: false };
      for (const character of BASE64URL) await scripts.forgetOwners(name(id), [firstNumber, character]);
      await scripts.empty(name(id), [firstNumber]);
      return { newcomers: Number(lastNumber) >= firstNumber };
    },

    /**
     * Begins the line's next life; `mark` ends the beginning. Its numbers go on 5 s above `floor` and all that Redis knows; a first life has no lead.
     * @throws Error when this Redis has those of an epoch that is over: one that failed over since `endEpoch` may
     */
    reset: async (queue: QueueDefinition, { generation, floor }: { generation: number; floor: number }) => {
      const lead = queue.generation === 0 ? 0 : LEAD_MICROS;
      const reply = (await scripts.reset(name(queue.id), [generation, floor, micros(queue), lead, queue.firstNumber])) as [
        string?,
        number?,
      ];
      if (reply.length === 0) throw new Error('Redis lost the end of an epoch again while the line was being restored');
      return { lastNumber: Number(reply[0]), left: reply[1]! };
    },

    /** @throws Error when Redis was lost again since `reset` */
    mark: async (queueId: string, generation: number): Promise<void> => {
      if ((await scripts.mark(name(queueId), [generation])) !== 1) throw new Error('Redis lost the line again while it was being restored');
    },

    /** The highest number given out; nothing changes. `undefined`: this Redis has lost writes. */
    peek: async ({ id, generation }: LineLife): Promise<{ lastNumber: number } | undefined> => {
      const [marked, lastNumber] = (await scripts.peek(name(id), [generation])) as [string, string];
      return marked === '1' ? { lastNumber: Number(lastNumber) } : undefined;
    },

    /** From now on nobody gets a number below that of the opening, whatever Redis takes the time for. False: this Redis has lost writes. */
    closeDraw: async (queue: QueueDefinition): Promise<boolean> =>
      (await scripts.closeDraw(name(queue.id), [queue.generation, openingNumber(queue)])) === 1,

    /** Of each lane the first `limit` places of the draw with a score of `from` or higher, in their order. `undefined`: this Redis has lost writes. */
    drawn: async ({ id, generation }: LineLife, { from, limit }: { from: number; limit: number }): Promise<Place[][] | undefined> => {
      const reply = (await scripts.drawn(name(id), [generation, from, BEHIND_THE_DRAW, limit])) as [string, ...(string | string[])[]];
      const [marked, ...flat] = reply;
      if (marked !== '1') return undefined;
      const lanes = chunksOf(flat, 2) as [string, string[]][];
      return lanes.map(([lane, places]) =>
        chunksOf(places, 2).map(([key = '', score]) => ({ ...ownerOf(key), lane, score: Number(score) })),
      );
    },

    /** How many wait and are admitted now; `lanes` has every lane that somebody may wait in. */
    counters: async (queueId: string): Promise<Counters> => {
      const [admitted, ...flat] = (await scripts.counters(name(queueId), [])) as [number, ...(string | number)[]];
      const lanes = chunksOf(flat, 2).map(([lane, waiting]) => ({ name: String(lane), waiting: Number(waiting) }));
      return { waiting: lanes.reduce((sum, { waiting }) => sum + waiting, 0), admitted, lanes };
    },

    /** Who is where in the room, and how its lanes move. */
    figures: async (queueId: string): Promise<Figures> => {
      const [admitted, notSeen, ...flat] = (await scripts.figures(name(queueId), [])) as [number, number, ...(string | number)[]];
      const lanes = chunksOf(flat, 4).map(([lane, waiting, passedOver, rate]) => ({
        name: String(lane),
        waiting: Number(waiting),
        passedOver: Number(passedOver),
        admissionsPerSecond: Number(rate),
      }));
      return { admitted, notSeen, lanes };
    },

    ...findPlace({ redis, scripts, name }),

    /**
     * Up to `most` admissions whose owners never came in `afterMs` of being watched, for the journal to decide about; `silenceMs` without a status
     * read, or a few seconds without this call, begin the watch anew. `undefined`: this Redis has lost writes.
     */
    claimNoShows: async (
      queue: QueueDefinition,
      { afterMs, silenceMs, most }: { afterMs: number; silenceMs: number; most: number },
    ): Promise<number[] | undefined> => {
      const reply = (await scripts.claimNoShows(name(queue.id), [queue.generation, afterMs, silenceMs, most])) as [string, string[]];
      const [marked, places] = reply;
      return marked === '1' ? places.map((key) => ownerOf(key).number) : undefined;
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
