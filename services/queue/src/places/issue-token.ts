import { setTimeout as rest } from 'node:timers/promises';
import type { QueueToken } from '@onsale/contracts/queue';
import { memberHash, type QueueTokenCodec } from '@onsale/shared/auth';
import type { CrashPoints } from '@onsale/shared/crash';
import { within } from '@onsale/shared/deadline';
import type { Definitions } from '@onsale/shared/definitions';
import { notFound, Refusal } from '@onsale/shared/errors';
import type { Clock } from '@onsale/shared/ids';
import type { Metrics } from '@onsale/shared/metrics';
import type { RestoreLine } from '../admission/restore-line.ts';
import type { GrantLane, Wish } from '../grants/grant-lane.ts';
import type { MarkBusy } from '../line/busy-marks.ts';
import type { Entry } from '../line/line-views.ts';
import type { Line } from '../line/line.ts';
import type { QueueDefinition } from '../queues/queue.ts';
import { admits, placesOf, saleState } from '../queues/sale-state.ts';
import type { Looked } from './find-lost.ts';
import type { leaveQueue } from './leave-queue.ts';
import type { Look } from './look-at-places.ts';
import { issuedAt, type Place } from './place.ts';
import { scoreOf } from './score.ts';
import { saleOf } from './tell-sales.ts';
import { tellStanding } from './tell-standing.ts';

interface Deps {
  readonly definitions: Definitions<QueueDefinition>;
  readonly line: Line;
  readonly look: Look;
  readonly grantLane: GrantLane;
  readonly leaveQueue: ReturnType<typeof leaveQueue>;
  readonly restoreLine: RestoreLine;
  readonly markBusy: MarkBusy;
  /** Resolves when a tick has looked at the queue. */
  readonly settled: (queueId: string) => Promise<void>;
  readonly codec: QueueTokenCodec;
  readonly clock: Clock;
  /** From [0, 1). */
  readonly random: () => number;
  readonly metrics: Metrics;
  readonly crash?: CrashPoints | undefined;
}

export interface Issued {
  readonly token: QueueToken;
  /** False: the member had this place already. */
  readonly created: boolean;
}

interface Taken extends Looked {
  readonly place: Place;
  readonly created: boolean;
}

/** Tries to get a number while the line is being restored, and how long each waits. */
const TRIES = 10;
const RETRY_MS = 100;
/** A newcomer to a queue with room is admitted by the next tick, which takes milliseconds; longer than this its answer does not wait for one. */
const ADMISSION_WAIT_MS = 250;

const noRoomIn = (queue: QueueDefinition): Refusal =>
  saleState(queue) === 'CLOSED'
    ? new Refusal('QUEUE_CLOSED', queue.message ?? 'The queue takes nobody any more.')
    : new Refusal('QUEUE_FULL', 'The waiting room is full. Ask again later.', { retryAfterSeconds: queue.maxPollSeconds });

/** Whether the newcomer is among those that the free slots are for. */
const hasRoom = (queue: QueueDefinition, { standing, waiting, admitted }: Extract<Entry, { outcome: 'NEW' | 'SAME' }>): boolean =>
  admits(queue) && (queue.cap === undefined || (standing.state === 'WAITING' && waiting <= queue.cap - admitted));

/**
 * The member's number in a queue: the one it has, or a new one at the end of the lane that it may take one in. However many ask at once, there is one
 * number a member.
 * @throws Refusal NOT_FOUND, QUEUE_FULL, QUEUE_CLOSED, and as `grantLane`; UPSTREAM_UNAVAILABLE when the line is not restored in a second; whatever Redis throws when it is away
 */
export const issueToken = (deps: Deps) => {
  const { definitions, line, look, grantLane, leaveQueue, restoreLine, markBusy, settled, codec, clock, random, metrics, crash } = deps;
  const issued = metrics.counter({ name: 'onsale_queue_numbers_total', help: 'Numbers given out' });

  const ticked = (queueId: string, waitMs: number): Promise<void> => within(waitMs, settled(queueId)).catch(() => undefined);

  const find = async (queueId: string): Promise<QueueDefinition> => {
    const queue = await definitions.get(queueId);
    if (queue === undefined) throw notFound('queue');
    return queue;
  };

  /** Makes the next try go better: what stood in the way is done, or waited for. */
  const clear = async (
    queue: QueueDefinition,
    member: string,
    entry: Extract<Entry, { outcome: 'UNMARKED' | 'UNSURE' }>,
  ): Promise<void> => {
    if (entry.outcome === 'UNMARKED') {
      const done = await restoreLine(queue.id, queue.generation);
      definitions.forget(queue.id);
      if (!done) await rest(RETRY_MS);
    } else {
      const owner = { number: entry.number, member };
      await look(queue, { ...owner, lane: entry.lane, score: scoreOf(queue, owner) }); // asks the journal, and tells Redis
    }
  };

  const take = async (queueId: string, member: string, lane: string): Promise<Taken & { queue: QueueDefinition }> => {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const queue = await find(queueId);
      const entry = await line.enqueue({ ...queue, capacity: placesOf(queue) }, member, lane);
      crash?.hit('after-commit'); // Redis has it
      if (entry.outcome === 'FULL') {
        markBusy(queue.id); // nobody else may look at it any more, and only a tick drops those passed over whose tokens have lived out
        throw noRoomIn(queue);
      }
      if ('standing' in entry) {
        const { number, lane, standing, pace } = entry;
        if (standing.state === 'WAITING') markBusy(queue.id);
        const place = { number, member, lane, score: scoreOf(queue, { number, member }) };
        const taken = { queue, place, created: entry.outcome === 'NEW', standing, pace };
        return taken.created ? welcome(taken, hasRoom(queue, entry)) : taken;
      }
      await clear(queue, member, entry);
    }
    throw new Refusal('UPSTREAM_UNAVAILABLE', 'The waiting room is being put in order. Ask again.', { retryAfterSeconds: 1 });
  };

  const welcome = async <T extends Taken & { queue: QueueDefinition }>(taken: T, room: boolean): Promise<T> => {
    issued.inc();
    if (!room) return taken;
    await ticked(taken.queue.id, ADMISSION_WAIT_MS);
    return { ...taken, ...(await look(taken.queue, taken.place)) };
  };

  return async ({ queueId, ...wish }: Wish & { readonly queueId: string }): Promise<Issued> => {
    const grant = await grantLane.claim(await find(queueId), wish);
    const { queue, place, created, standing, pace } = await take(queueId, memberHash(wish.member.id), grant.lane);
    if (!(await grantLane.settle(grant, place)) && created) {
      await leaveQueue({ queueId, member: wish.member, admission: { queueId, ...place } });
      throw new Refusal('INVITATION_INVALID', 'The invitation has been used.');
    }
    const {
      remainingMs: _forTheGateway,
      unsure: _forItToo,
      status,
      ...told
    } = tellStanding(queue, standing, pace, { nowMs: clock.now().getTime(), random: random() });
    const { number, lane } = place;
    const payload = {
      queueId,
      epoch: queue.epoch,
      number,
      lane,
      member: place.member,
      issuedAt: issuedAt(queue.epoch, number),
    };
    return {
      created,
      token: {
        token: codec.sign(payload),
        queueId,
        number,
        lane,
        status: status === 'INVALID' ? 'WAITING' : status,
        ...told,
        ...saleOf(queue),
      },
    };
  };
};
