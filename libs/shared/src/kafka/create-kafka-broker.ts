import { Kafka, logLevel, Partitioners, type KafkaConfig } from 'kafkajs';
import { connect } from 'node:net';
import type { CrashPoints } from '../crash/index.ts';
import { loop } from '../lifecycle/index.ts';
import type { Log } from '../log/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Broker, OutgoingMessage } from './broker.ts';
import { createConsumerWatch } from './consumer-watch.ts';
import { kafkajsLog } from './kafkajs-log.ts';
import { createKafkajsSubscription, type KafkajsSubscription } from './kafkajs-subscription.ts';
import { lagOf } from './lag.ts';
import { makeTopics } from './make-topics.ts';
import { mendIdleTimer } from './mend-idle-timer.ts';

export interface KafkaBrokerOptions {
  /** `host:port` each. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** Before the names of topics and groups: `onsale.reservation.events`. */
  readonly namespace: string;
  /** Of topics that have to be made. */
  readonly partitions?: number;
  readonly replication?: number;
  /** A member of a consumer group that is silent for so long is out of it. */
  readonly sessionMs?: number;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Called once when a consumer is lost for good; the process should end (lifecycle's `exitOn`). */
  readonly onFatal?: (error: unknown) => void;
  /** A consumer that has messages to handle and handles none for so long, though its engine answers, is lost; 90 s. */
  readonly stalledMs?: number;
  /** Milliseconds between looks at the consumers; 15,000. */
  readonly watchMs?: number;
  readonly crash?: CrashPoints | undefined;
}

/** Every call ends: what Kafka does not answer in this time is tried again, or told. */
const REQUEST_MS = 10_000;
const CONNECT_MS = 3000;
const CONCURRENCY = 6;
/** Well above the session time in which a dead member's partitions wait. */
const STALLED_MS = 90_000;
const WATCH_MS = 15_000;
/** kafkajs rests and tries again inside each call; callers have a patience of their own, so its own stays short. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 1000, retries: 5 };

/** Without Nagle's algorithm: a message is not to wait for the acknowledgement of the one before. */
const socketFactory: NonNullable<KafkaConfig['socketFactory']> = ({ host, port, onConnect }) =>
  connect({ host, port, keepAlive: true, keepAliveInitialDelay: 60_000, noDelay: true }, onConnect);

const byTopic = (messages: readonly OutgoingMessage[], qualify: (topic: string) => string) => {
  const topics = new Map<string, { key: string; value: string; headers: Record<string, string> }[]>();
  for (const { topic, key, value, headers = {} } of messages) {
    const list = topics.get(topic) ?? [];
    topics.set(topic, list);
    list.push({ key, value, headers: { ...headers } });
  }
  return [...topics].map(([topic, list]) => ({ topic: qualify(topic), messages: list }));
};

/** Where nobody can be asked, a pause has its reason. */
const unknown = (): Promise<void> => Promise.reject(new Error('nobody can be asked'));

/** The fleet's broker port on kafkajs 2.2.4, its idle timer mended. Groups and topics get the namespace before their names. */
export const createKafkaBroker = (options: KafkaBrokerOptions): Broker => {
  const { brokers, clientId, namespace, partitions = 6, replication = 1, sessionMs, log, metrics, onFatal, crash } = options;
  const { stalledMs = STALLED_MS, watchMs = WATCH_MS } = options;
  mendIdleTimer();
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: CONNECT_MS,
    requestTimeout: REQUEST_MS,
    retry: RETRY,
    logLevel: logLevel.INFO,
    logCreator: kafkajsLog(log),
    socketFactory,
  });
  const producer = kafka.producer({ allowAutoTopicCreation: false, createPartitioner: Partitioners.DefaultPartitioner });
  const admin = kafka.admin();
  const qualify = (name: string): string => `${namespace}.${name}`;
  const bare = (name: string): string => name.slice(namespace.length + 1);
  const known = new Set<string>();
  const subscriptions = new Set<KafkajsSubscription>();
  let lost: { readonly error: unknown } | undefined;
  const sent = metrics.counter({ name: 'onsale_kafka_published_total', help: 'Messages that Kafka has acknowledged', labels: ['topic'] });
  const pauses = metrics.counter({
    name: 'onsale_consumer_pauses_total',
    help: 'Rests of a partition whose messages could not be handled',
    labels: ['group'],
  });
  const joined = metrics.gauge({
    name: 'onsale_consumer_joined',
    help: '1 while this process is a member of the group, 0 while it cannot get into it',
    labels: ['group'],
  });

  const ensureTopics = async (topics: readonly string[]): Promise<void> => {
    const unknown = [...new Set(topics)].filter((topic) => !known.has(topic));
    if (unknown.length === 0) return;
    await makeTopics(admin, unknown.map(qualify), { partitions, replication });
    for (const topic of unknown) known.add(topic);
  };

  const lose = (error: unknown): void => {
    if (lost !== undefined) return;
    lost = { error };
    log.error({ err: error }, 'a consumer is lost');
    onFatal?.(error);
  };

  const consuming = async (): Promise<void> => {
    if (lost !== undefined) throw new Error('a consumer is lost', { cause: lost.error });
  };

  const watch = createConsumerWatch({
    lagOf: async (group, topics) => {
      const partitions = await lagOf(admin, qualify(group), topics.map(qualify));
      return partitions.map((one) => ({ ...one, topic: bare(one.topic) }));
    },
    metrics,
    stalledMs,
    watchMs,
    onLost: lose,
  });

  const watching = loop({
    name: 'kafka watch',
    everyMs: watchMs,
    turn: async () => void (await watch.look()),
    onError: (error) => log.warn({ err: error }, 'the lag of consumers could not be read'),
  });

  return {
    name: 'kafka',
    start: async () => {
      await Promise.all([producer.connect(), admin.connect()]);
      await watching.start();
    },
    stop: async () => {
      await watching.stop();
      await Promise.all([...subscriptions].map((subscription) => subscription.stop()));
      await Promise.all([producer.disconnect(), admin.disconnect()]);
    },
    ensureTopics,
    publish: async (messages) => {
      if (messages.length === 0) return;
      await ensureTopics(messages.map(({ topic }) => topic));
      const topicMessages = byTopic(messages, qualify);
      await producer.sendBatch({ topicMessages, acks: -1, timeout: REQUEST_MS });
      for (const { topic, messages: list } of topicMessages) sent.inc({ topic: bare(topic) }, list.length);
    },
    subscribe: async ({ concurrency = CONCURRENCY, askEngine = unknown, signal, ...rest }) => {
      await ensureTopics(rest.topics);
      signal?.throwIfAborted();
      const { group, topics } = rest;
      const subscription = createKafkajsSubscription({
        kafka,
        qualify,
        bare,
        log,
        onLost: lose,
        onPause: () => pauses.inc({ group }),
        onMembership: (is) => joined.set({ group }, is ? 1 : 0),
        concurrency,
        sessionMs,
        crash,
        ...rest,
      });
      subscriptions.add(subscription);
      joined.set({ group }, 0);
      const unwatch = watch.add({ group, topics, askEngine, progress: () => subscription.progress() });
      const stop = async (): Promise<void> => {
        await subscription.stop();
        subscriptions.delete(subscription);
        unwatch();
        joined.remove({ group });
      };
      signal?.addEventListener('abort', () => void stop().catch(() => {}), { once: true }); // whoever aborted calls stop too, and is told
      await subscription.start();
      return { stop };
    },
    lag: () => watch.look(),
    consuming,
  };
};
