import { setTimeout as rest } from 'node:timers/promises';
import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { CrashPoints } from '../crash/index.ts';
import type { Log } from '../log/index.ts';
import { KafkaAway, type SubscribeOptions } from './broker.ts';
import { createGate, inLanes } from './key-lanes.ts';

export interface BatchesOptions extends Pick<Required<SubscribeOptions>, 'group' | 'handle' | 'concurrency'> {
  /** The fleet's name of a topic. */
  readonly bare: (name: string) => string;
  readonly log: Log;
  readonly onPause?: (() => void) | undefined;
  readonly crash?: CrashPoints | undefined;
  /** Once aborted, nothing new is begun. */
  readonly stopping: AbortSignal;
}

export interface Batches {
  readonly eachBatch: (payload: EachBatchPayload) => Promise<void>;
  /** Commits what has been handled, by the member's present assignment: after a rebalance it no longer speaks for partitions it has lost. */
  commit(): Promise<void>;
  /** Resolves when nothing is under way. */
  drained(): Promise<void>;
  /** The member has got its partitions anew: none is paused. */
  joined(): void;
  /** The member is gone, and with it what it could have committed. */
  crashed(): void;
  progress(): Progress;
}

export interface Progress {
  /** Messages since the start. */
  readonly handled: number;
  /** The last try of some partition failed. */
  readonly paused: boolean;
  /** All that are paused are so for what their handler needs of Kafka. */
  readonly excused: boolean;
}

/** Sent by a timer, whatever the handlers do: kafkajs itself sends them between batches only. */
export const HEARTBEAT_MS = 3000;
const PAUSE_MS = 250;
const PAUSE_CAP_MS = 2000;

const textOf = (value: Buffer | string | (Buffer | string)[] | null | undefined): string =>
  Array.isArray(value) ? textOf(value[0]) : (value?.toString() ?? '');

const headersOf = ({ headers = {} }: KafkaMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, textOf(value)]));

/** The messages of a subscription: in order for each key, offsets kept up to the first that is not handled, a partition paused when one fails. */
export const createBatches = ({ group, handle, concurrency, bare, log, onPause, stopping, crash }: BatchesOptions): Batches => {
  const gate = createGate(concurrency);
  const underWay = new Set<Promise<void>>();
  /** Failures in a row, by partition: the next rest is longer. */
  const failures = new Map<string, { readonly count: number; readonly excused: boolean }>();
  let latest: EachBatchPayload | undefined;
  let committing: Promise<void> = Promise.resolve();
  let handled = 0;
  /** For crash points alone: what was handled since the last commit. */
  let uncommitted: { readonly payload: string }[] = [];

  const handleOne = async (topic: string, partition: number, message: KafkaMessage): Promise<void> => {
    const { offset, key, value } = message;
    await handle({ topic: bare(topic), partition, offset, key: textOf(key), value: textOf(value), headers: headersOf(message) });
    handled += 1;
    if (crash !== undefined) uncommitted.push({ payload: textOf(value) });
  };

  const commit = (): Promise<void> => {
    const payload = latest;
    const step = async (): Promise<void> => {
      const offsets = payload?.uncommittedOffsets();
      if (payload === undefined || offsets === undefined || offsets.topics.length === 0) return;
      crash?.hit('before-offset', uncommitted);
      uncommitted = [];
      try {
        await payload.commitOffsetsIfNecessary(offsets);
      } catch (error) {
        log.debug({ err: error, group }, 'offsets were not committed; the next commit holds them too');
      }
    };
    committing = committing.then(step);
    return committing;
  };

  const pauseFor = (payload: EachBatchPayload, place: string, error: unknown): void => {
    const count = (failures.get(place)?.count ?? 0) + 1;
    failures.set(place, { count, excused: error instanceof KafkaAway });
    const ms = Math.min(PAUSE_CAP_MS, PAUSE_MS * 2 ** (count - 1)) * (0.75 + Math.random() / 2);
    log.warn({ err: error, group, place, ms: Math.round(ms), failures: count }, 'a partition is paused');
    onPause?.();
    const resume = payload.pause();
    rest(ms, undefined, { signal: stopping, ref: false }).then(resume, () => {});
  };

  const inBatch = async (payload: EachBatchPayload): Promise<void> => {
    const { batch } = payload;
    const place = `${bare(batch.topic)}/${batch.partition}`;
    let lost: { readonly error: unknown } | undefined;
    const beating = setInterval(() => {
      payload.heartbeat().catch((error: unknown) => {
        lost ??= { error };
      });
    }, HEARTBEAT_MS);
    try {
      await inLanes({
        messages: batch.messages,
        keyOf: (message) => textOf(message.key),
        handle: (message) => handleOne(batch.topic, batch.partition, message),
        gate,
        halted: () => lost !== undefined || stopping.aborted || !payload.isRunning() || payload.isStale(),
        onPrefix: (count) => payload.resolveOffset(batch.messages[count - 1]!.offset),
      });
      failures.delete(place);
    } catch (error) {
      if (payload.isRunning()) pauseFor(payload, place, error);
    } finally {
      clearInterval(beating);
    }
    if (lost !== undefined) {
      await commit();
      throw lost.error;
    }
  };

  return {
    eachBatch: async (payload) => {
      latest = payload;
      const work = inBatch(payload);
      underWay.add(work);
      try {
        await work;
      } finally {
        underWay.delete(work);
      }
    },
    commit,
    drained: async () => void (await Promise.allSettled(underWay)),
    joined: () => failures.clear(),
    crashed: () => {
      latest = undefined;
    },
    progress: () => ({
      handled,
      paused: failures.size > 0,
      excused: failures.size > 0 && [...failures.values()].every(({ excused }) => excused),
    }),
  };
};
