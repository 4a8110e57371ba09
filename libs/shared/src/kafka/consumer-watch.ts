import type { Metrics } from '../metrics/index.ts';
import type { SubscribeOptions, TopicLag } from './broker.ts';
import type { KafkajsSubscription } from './kafkajs-subscription.ts';
import type { PartitionLag } from './lag.ts';
import { createStallWatch } from './stall-watch.ts';

export interface ConsumerWatchOptions {
  /** What waits in each partition of these topics for this group, all by the names of the fleet. @throws when Kafka does not tell */
  readonly lagOf: (group: string, topics: readonly string[]) => Promise<readonly PartitionLag[]>;
  readonly metrics: Metrics;
  /** A consumer that has messages to handle and handles none for so long, though its engine answers, is lost. */
  readonly stalledMs: number;
  /** Milliseconds between looks. */
  readonly watchMs: number;
  readonly onLost: (error: Error) => void;
}

export interface WatchedConsumer extends Required<Pick<SubscribeOptions, 'group' | 'topics' | 'askEngine'>> {
  readonly progress: KafkajsSubscription['progress'];
}

export interface ConsumerWatch {
  /** Watches one more; what it answers with ends that. */
  add(consumer: WatchedConsumer): () => void;
  /** One look at all. @throws when the lag of one cannot be read; there is no series of any lag then */
  look(): Promise<TopicLag[]>;
}

/** Looks that lie further apart than two rests and the time of a look are not taken for one watch: some between them failed to come. */
const gapMs = (watchMs: number): number => 2 * watchMs + 5000;

const sum = (list: readonly PartitionLag[]): number => list.reduce((total, { messages }) => total + messages, 0);

const isAway = (askEngine: () => Promise<void>): Promise<boolean> =>
  askEngine().then(
    () => false,
    () => true,
  );

/** Looks after the consumers of a process: how much waits for each, and whether one is lost without having crashed. */
export const createConsumerWatch = ({ lagOf, metrics, stalledMs, watchMs, onLost }: ConsumerWatchOptions): ConsumerWatch => {
  const all = new Map<WatchedConsumer, ReturnType<typeof createStallWatch>>();
  const gauge = metrics.gauge({ name: 'onsale_consumer_lag', help: 'Messages of a group that wait', labels: ['group', 'topic'] });

  /** A number that nobody has read lately is no number. */
  const forget = ({ group, topics }: WatchedConsumer): void => {
    for (const topic of topics) gauge.remove({ group, topic });
  };

  const lookAt = async (consumer: WatchedConsumer, stalled: ReturnType<typeof createStallWatch>): Promise<TopicLag[]> => {
    const { group, topics, progress, askEngine } = consumer;
    const partitions = await lagOf(group, topics);
    const { handled, paused, excused, assigned } = progress();
    const resting = excused || (paused && (await isAway(askEngine)));
    const mine = partitions.filter(({ topic, partition }) => assigned[topic]?.includes(partition) === true);
    if (stalled.sees({ handled, resting, lag: sum(mine), atMs: performance.now() })) {
      onLost(new Error(`the consumer ${group} handles nothing, though messages wait`));
    }
    return [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, list]) => ({ group, topic, messages: sum(list) }));
  };

  return {
    add: (consumer) => {
      all.set(consumer, createStallWatch({ limitMs: stalledMs, gapMs: gapMs(watchMs) }));
      return () => {
        all.delete(consumer);
        forget(consumer);
      };
    },
    look: async () => {
      const lags: TopicLag[] = [];
      try {
        for (const [consumer, stalled] of all) lags.push(...(await lookAt(consumer, stalled)));
      } catch (error) {
        for (const [consumer, stalled] of all) {
          stalled.missed();
          forget(consumer);
        }
        throw error;
      }
      for (const { group, topic, messages } of lags) gauge.set({ group, topic }, messages);
      return lags;
    },
  };
};
