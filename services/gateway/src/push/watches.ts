import type { QueueStatus } from '@onsale/contracts/queue';
import type { HeldToken } from '../gate/gate.ts';
import { statusOf } from '../gate/queue-status.ts';
import type { TokenChecks, TokenState } from '../gate/token-checks.ts';
import type { Told } from './heard.ts';
import { isNews, isSurprise, restOf, TURN_MS } from './pace.ts';

/** One token that streams look at, however many they are. */
interface Watch<S> extends HeldToken {
  readonly streams: Set<S>;
  status: QueueStatus;
  /** When that was asked for: an answer to an earlier question is none. */
  askedAt: number;
  dueAt: number;
}

export type Found = QueueStatus | 'INVALID';

interface WatchesOptions<S> {
  readonly checks: Pick<TokenChecks, 'checkMany'>;
  /** Milliseconds that never go back. */
  readonly monotonic: () => number;
  /** Called for every stream of a token that is found changed. */
  readonly changed: (stream: S, found: Found) => void;
}

/** What the queue has said of a token, as its member is told it. */
export const foundOf = ({ payload }: HeldToken, result: TokenState): Found =>
  result.status === 'INVALID' ? 'INVALID' : statusOf(payload, { ...result, status: result.status });

/**
 * The status to remember, in the object that was remembered before where it has the same fields: ten thousand new ones a second, each of which lives
 * until the next, would fill the old generation of the heap with what is no more.
 */
const kept = (before: QueueStatus, now: QueueStatus): QueueStatus => {
  for (const key in before) if (!(key in now)) return now;
  for (const key in now) if (!(key in before)) return now;
  return Object.assign(before, now);
};

/** Half of what a call takes: what is beyond 128 kB (V8's regular object) is not young, and lies until the whole heap is collected. */
const BATCH = 500;
/** One call is at work at the queue while the answer to the other is read. */
const CALLS_AT_ONCE = 2;

/** The tokens behind the open streams, and when each is looked at. */
export const createWatches = <S>({ checks, monotonic, changed }: WatchesOptions<S>) => {
  const watches = new Map<string, Watch<S>>();

  const restUntil = (status: QueueStatus, now: number): number => {
    const rest = restOf(status);
    return rest === TURN_MS ? now : now + rest * (0.75 + Math.random() / 2); // spread, so that each turn has some of those far behind
  };

  /** @returns whether its whole queue should be looked at */
  const settle = (watch: Watch<S>, found: Found, askedAt: number): boolean => {
    if (askedAt < watch.askedAt) return false;
    if (found === 'INVALID') {
      for (const stream of watch.streams) changed(stream, found);
      return false;
    }
    const before = watch.status;
    const surprise = isSurprise(before, found, askedAt - watch.askedAt);
    const news = isNews(before, found);
    watch.status = kept(before, found);
    watch.askedAt = askedAt;
    watch.dueAt = restUntil(found, askedAt);
    if (news) for (const stream of watch.streams) changed(stream, found);
    return surprise;
  };

  const hurry = (queues: ReadonlySet<string>): void => {
    if (queues.size === 0) return;
    for (const watch of watches.values()) if (queues.has(watch.payload.queueId)) watch.dueAt = 0;
  };

  /** Looks at these, in calls of 500, two at a time. @throws Error when the queue is away: what was not asked stays due */
  const lookAt = async (due: readonly Watch<S>[]): Promise<void> => {
    const surprised = new Set<string>();
    const ask = async (batch: readonly Watch<S>[]): Promise<void> => {
      const askedAt = monotonic();
      const results = await checks.checkMany(batch);
      for (const [index, watch] of batch.entries())
        if (settle(watch, foundOf(watch, results[index]!), askedAt)) surprised.add(watch.payload.queueId);
    };
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < due.length) {
        const batch = due.slice(next, next + BATCH);
        next += BATCH;
        await ask(batch);
      }
    };
    const looked = await Promise.allSettled(Array.from({ length: CALLS_AT_ONCE }, lane));
    hurry(surprised);
    for (const one of looked) if (one.status === 'rejected') throw one.reason;
  };

  return {
    /** `status` is what the stream has been told at its beginning, asked for at `askedAt`. */
    add: (stream: S, held: HeldToken, status: QueueStatus, askedAt: number): void => {
      const known = watches.get(held.token);
      if (known === undefined) {
        watches.set(held.token, { ...held, streams: new Set([stream]), status, askedAt, dueAt: 0 }); // a notice may have come since it was asked
        return;
      }
      settle(known, status, askedAt);
      known.streams.add(stream);
      if (isNews(status, known.status)) changed(stream, { ...known.status }); // the others have heard of it while this one opened
    },
    remove: (stream: S, token: string): void => {
      const watch = watches.get(token);
      watch?.streams.delete(stream);
      if (watch?.streams.size === 0) watches.delete(token);
    },
    /** Looks at all that are due. @throws Error when the queue is away: what was not asked stays due */
    look: (): Promise<void> => {
      const now = monotonic();
      return lookAt([...watches.values()].filter(({ dueAt }) => dueAt <= now));
    },
    /** Looks at these places now; should that fail, they are due. @throws Error when the queue is away */
    lookAtTold: (told: Told): Promise<void> => {
      const isTold = ({ payload: { queueId, number } }: Watch<S>): boolean => {
        const numbers = told.get(queueId);
        return numbers === 'all' || numbers?.has(number) === true;
      };
      const meant = [...watches.values()].filter(isTold);
      for (const watch of meant) watch.dueAt = 0;
      return lookAt(meant);
    },
  };
};
