import { setTimeout as rest } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import type { Log } from '../log/index.ts';
import type { BrokerSubscription, IncomingMessage, SubscribeOptions } from './broker.ts';
import { createGate, inLanes } from './key-lanes.ts';

/**
 * A member that says nothing for the session time is taken out of its group. So long its partitions wait when it was killed; and so long the whole
 * group waits after a broker's restart, as kafkajs comes back as a new member while the broker still waits for the old one.
 */
const HEARTBEAT_MS = 3000;
const SESSION_MS = 10_000;
/** Longest time that a rebalance waits for members which end what they have under way. */
const REBALANCE_MS = 15_000;
/** So long a fetch waits for the first byte, and so late an idle consumer learns of a rebalance or of a partition that goes on. */
const FETCH_WAIT_MS = 1000;
/** Handled offsets are committed so often; a crash brings back what was handled since, and the inbox knows it. */
const COMMIT_MS = 500;
const PAUSE_MS = 250;
const PAUSE_CAP_MS = 2000;
const RESTART_MS = 1000;
/** Restarts in a row that never joined the group, before the process gives up. */
const RESTARTS = 5;
const PARTITIONS_AT_ONCE = 64;

export interface KafkajsSubscriptionOptions extends Required<SubscribeOptions> {
  readonly kafka: Kafka;
  /** From the fleet's name of a topic or group to Kafka's, and back. */
  readonly qualify: (name: string) => string;
  readonly bare: (name: string) => string;
  readonly log: Log;
  readonly onLost: (error: unknown) => void;
  /** Rest before the first restart of a crashed consumer; it doubles with each that fails. */
  readonly restartMs?: number;
}

export interface KafkajsSubscription extends BrokerSubscription {
  start(): Promise<void>;
  /** For the watch over lost consumers: what was handled since the start, and the partitions (by Kafka's names) that are this member's. */
  progress(): { readonly handled: number; readonly paused: boolean; readonly assigned: Readonly<Record<string, readonly number[]>> };
}

const textOf = (value: Buffer | string | (Buffer | string)[] | null | undefined): string =>
  Array.isArray(value) ? textOf(value[0]) : (value?.toString() ?? '');

const headersOf = ({ headers = {} }: KafkaMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, textOf(value)]));

/** One consumer group's member on kafkajs. It begins again after a crash that the library does not restart from. */
export const createKafkajsSubscription = (options: KafkajsSubscriptionOptions): KafkajsSubscription => {
  const { kafka, group, topics, handle, concurrency, qualify, bare, log, onLost, restartMs = RESTART_MS } = options;
  const gate = createGate(concurrency);
  const stopping = new AbortController();
  let consumer: Consumer | undefined;
  let latest: EachBatchPayload | undefined;
  let committing: Promise<void> = Promise.resolve();
  let restarts = 0;
  let handled = 0;
  let assigned: Readonly<Record<string, readonly number[]>> = {};
  const batches = new Set<Promise<void>>();
  /** Failures in a row, by partition: the next rest is longer. */
  const failures = new Map<string, number>();

  const messageOf = (topic: string, partition: number, message: KafkaMessage): IncomingMessage => ({
    topic: bare(topic),
    partition,
    offset: message.offset,
    key: textOf(message.key),
    value: textOf(message.value),
    headers: headersOf(message),
  });

  /** Commits what has been handled, by the member's present assignment: after a rebalance it no longer speaks for partitions it has lost. */
  const commit = (): Promise<void> => {
    const payload = latest;
    const step = async (): Promise<void> => {
      const offsets = payload?.uncommittedOffsets();
      if (payload === undefined || offsets === undefined || offsets.topics.length === 0) return;
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
    const count = (failures.get(place) ?? 0) + 1;
    failures.set(place, count);
    const ms = Math.min(PAUSE_CAP_MS, PAUSE_MS * 2 ** (count - 1)) * (0.75 + Math.random() / 2);
    log.warn({ err: error, group, place, ms: Math.round(ms), failures: count }, 'a partition is paused');
    const resume = payload.pause();
    rest(ms, undefined, { signal: stopping.signal, ref: false }).then(resume, () => {});
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
        handle: async (message) => {
          await handle(messageOf(batch.topic, batch.partition, message));
          handled += 1;
        },
        gate,
        halted: () => lost !== undefined || stopping.signal.aborted || !payload.isRunning() || payload.isStale(),
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

  const eachBatch = async (payload: EachBatchPayload): Promise<void> => {
    latest = payload;
    const work = inBatch(payload);
    batches.add(work);
    try {
      await work;
    } finally {
      batches.delete(work);
    }
  };

  /**
   * Resolves when the member has joined its group for the first time. kafkajs restarts by itself from what it takes for passing; from anything else
   * the subscription begins again with a new member.
   */
  const joining = (member: Consumer): Promise<void> =>
    new Promise((resolve, reject) => {
      let joined = false;
      member.on(member.events.GROUP_JOIN, ({ payload }) => {
        joined = true;
        restarts = 0;
        assigned = payload.memberAssignment;
        failures.clear();
        resolve();
      });
      member.on(member.events.CRASH, ({ payload }) => {
        latest = undefined;
        if (payload.restart || stopping.signal.aborted) return;
        if (joined) void again(payload.error);
        else reject(payload.error);
      });
      stopping.signal.addEventListener('abort', () => resolve(), { once: true });
    });

  const begin = async (): Promise<void> => {
    consumer = kafka.consumer({
      groupId: qualify(group),
      sessionTimeout: SESSION_MS,
      rebalanceTimeout: REBALANCE_MS,
      heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      allowAutoTopicCreation: false,
    });
    const joined = joining(consumer);
    joined.catch(() => {});
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: topics.map(qualify), fromBeginning: true });
      await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently: PARTITIONS_AT_ONCE, eachBatch });
      await joined;
    } catch (error) {
      await consumer.disconnect().catch(() => {});
      throw error;
    }
  };

  const again = async (cause: unknown): Promise<void> => {
    for (let error = cause; !stopping.signal.aborted; restarts += 1) {
      if (restarts >= RESTARTS) return onLost(error);
      log.error({ err: error, group, restarts }, 'a consumer crashed; it begins again');
      await rest(restartMs * 2 ** restarts * (0.75 + Math.random() / 2), undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      try {
        return await begin();
      } catch (failed) {
        error = failed;
      }
    }
  };

  let commits: NodeJS.Timeout | undefined;
  return {
    start: async () => {
      commits = setInterval(() => void commit(), COMMIT_MS);
      await begin();
    },
    progress: () => ({ handled, paused: failures.size > 0, assigned }),
    stop: async () => {
      stopping.abort();
      clearInterval(commits);
      await Promise.allSettled(batches);
      await commit();
      await consumer?.disconnect();
    },
  };
};
