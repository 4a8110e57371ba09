import { setTimeout as rest } from 'node:timers/promises';
import type { Consumer, Kafka } from 'kafkajs';
import type { CrashPoints } from '../crash/index.ts';
import type { Log } from '../log/index.ts';
import type { BrokerSubscription, SubscribeOptions } from './broker.ts';
import { createBatches, HEARTBEAT_MS, type Progress } from './kafkajs-batches.ts';

/**
 * A member that says nothing for the session time is taken out of its group. So long its partitions wait when it was killed; and so long the whole
 * group waits after a broker's restart, as kafkajs comes back as a new member while the broker still waits for the old one.
 */
const SESSION_MS = 10_000;
/** Longest time that a rebalance waits for members which end what they have under way. */
const REBALANCE_MS = 15_000;
/** So long a fetch waits for the first byte, and so late an idle consumer learns of a rebalance or of a partition that goes on. */
const FETCH_WAIT_MS = 1000;
/** Handled offsets are committed so often; a crash brings back what was handled since, and the inbox knows it. */
const COMMIT_MS = 500;
const RESTART_MS = 1000;
const RESTART_CAP_MS = 15_000;
/** Restarts in a row that never joined the group, before the process gives up; those do not count that found Kafka away. */
const RESTARTS = 5;
const PARTITIONS_AT_ONCE = 64;

/** kafkajs takes some of these for the end of a consumer; a new cluster has no coordinator for some seconds, one that restarts none for some more. */
const AWAY = new Set(['KafkaJSGroupCoordinatorNotFound', 'KafkaJSNumberOfRetriesExceeded', 'KafkaJSBrokerNotFound']);
const isKafkaAway = (error: unknown): boolean => {
  const { name, retriable } = Object(error) as { name?: string; retriable?: boolean };
  return AWAY.has(name ?? '') || retriable === true;
};

export interface KafkajsSubscriptionOptions extends Required<Omit<SubscribeOptions, 'askEngine' | 'signal'>> {
  readonly kafka: Kafka;
  /** From the fleet's name of a topic or group to Kafka's, and back. */
  readonly qualify: (name: string) => string;
  readonly bare: (name: string) => string;
  readonly log: Log;
  readonly onLost: (error: unknown) => void;
  /** Called with each rest of a partition. */
  readonly onPause?: () => void;
  /** Called when the member has got into its group, and when it is out of it again: for a rebalance, or for good. */
  readonly onMembership?: (joined: boolean) => void;
  /** Rest before the first restart of a crashed consumer; it doubles with each that fails. */
  readonly restartMs?: number;
  readonly sessionMs?: number | undefined;
  readonly crash?: CrashPoints | undefined;
}

export interface KafkajsSubscription extends BrokerSubscription {
  /** Resolves when the member has joined its group for the first time, or was stopped on its way there. @throws what keeps it from joining */
  start(): Promise<void>;
  /** For the watch over lost consumers: what its batches tell, and the partitions (by the fleet's names of topics) that are this member's. */
  progress(): Progress & { readonly assigned: Readonly<Record<string, readonly number[]>> };
}

/** One consumer group's member on kafkajs. It begins again after a crash that the library does not restart from. */
export const createKafkajsSubscription = (options: KafkajsSubscriptionOptions): KafkajsSubscription => {
  const { kafka, group, topics, qualify, bare, log, onLost, onMembership, restartMs = RESTART_MS, sessionMs = SESSION_MS } = options;
  const stopping = new AbortController();
  const batches = createBatches({ ...options, stopping: stopping.signal });
  let consumer: Consumer | undefined;
  let restarts = 0;
  let assigned: Readonly<Record<string, readonly number[]>> = {};

  /**
   * Resolves when the member has joined its group for the first time. kafkajs restarts by itself from what it takes for passing; from anything else
   * the subscription begins again with a new member.
   */
  const joining = (member: Consumer): Promise<void> =>
    new Promise((resolve, reject) => {
      if (stopping.signal.aborted) return resolve();
      let joined = false;
      member.on(member.events.GROUP_JOIN, ({ payload }) => {
        joined = true;
        restarts = 0;
        assigned = Object.fromEntries(Object.entries(payload.memberAssignment).map(([topic, list]) => [bare(topic), list]));
        batches.joined();
        onMembership?.(true);
        resolve();
      });
      member.on(member.events.REBALANCING, () => onMembership?.(false));
      member.on(member.events.CRASH, ({ payload }) => {
        batches.crashed();
        onMembership?.(false);
        if (payload.restart || stopping.signal.aborted) return;
        if (joined) void again(payload.error);
        else reject(payload.error);
      });
      stopping.signal.addEventListener('abort', () => resolve(), { once: true });
    });

  const begin = async (): Promise<void> => {
    consumer = kafka.consumer({
      groupId: qualify(group),
      sessionTimeout: sessionMs,
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
      if (!stopping.signal.aborted) {
        await consumer.run({
          autoCommit: false,
          eachBatchAutoResolve: false,
          partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
          eachBatch: batches.eachBatch,
        });
        await joined;
      }
      if (stopping.signal.aborted) await consumer.disconnect();
    } catch (error) {
      await consumer.disconnect().catch(() => {});
      throw error;
    }
  };

  const pause = async (times: number): Promise<void> => {
    const ms = Math.min(RESTART_CAP_MS, restartMs * 2 ** times) * (0.75 + Math.random() / 2);
    await rest(ms, undefined, { signal: stopping.signal }).catch(() => {});
  };

  const again = async (cause: unknown): Promise<void> => {
    for (let error = cause, tries = 0; !stopping.signal.aborted; tries += 1) {
      if (!isKafkaAway(error) && ++restarts > RESTARTS) return onLost(error);
      log.error({ err: error, group, tries }, 'a consumer crashed; it begins again');
      await pause(tries);
      if (stopping.signal.aborted) return;
      try {
        return await begin();
      } catch (failed) {
        error = failed;
      }
    }
  };

  const assertGoing = (): void => {
    if (stopping.signal.aborted) throw new Error(`the subscription of ${group} was stopped while it was starting`);
  };

  let commits: NodeJS.Timeout | undefined;
  return {
    start: async () => {
      assertGoing();
      commits = setInterval(() => void batches.commit(), COMMIT_MS);
      for (let tries = 0; ; tries += 1) {
        try {
          return await begin();
        } catch (error) {
          if (!isKafkaAway(error) || tries === RESTARTS || stopping.signal.aborted) throw error;
          log.warn({ err: error, group, tries }, 'a consumer has no coordinator yet');
        }
        await pause(tries);
        assertGoing();
      }
    },
    progress: () => ({ ...batches.progress(), assigned }),
    stop: async () => {
      stopping.abort();
      clearInterval(commits);
      await batches.drained();
      await batches.commit();
      await consumer?.disconnect();
    },
  };
};
