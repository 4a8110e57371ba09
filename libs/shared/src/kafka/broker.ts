import type { Part } from '../lifecycle/index.ts';

/** Topic names of this port are without the fleet's namespace; an adapter adds it. */
export interface OutgoingMessage {
  readonly topic: string;
  /** Messages with one key keep their order. */
  readonly key: string;
  readonly value: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface IncomingMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a handler needs of Kafka itself is away: a topic that takes nothing. Its partition rests with reason, as no restart of the process could help. */
export class KafkaAway extends Error {
  constructor(detail: string, cause: unknown) {
    super(detail, { cause });
    this.name = 'KafkaAway';
  }
}

export interface SubscribeOptions {
  /** Without the namespace. */
  readonly group: string;
  readonly topics: readonly string[];
  /**
   * Called at least once a message: one after the other for one key, side by side for different keys. A message counts as handled when this
   * resolves. When it rejects, its partition is paused and asked again, for ever: to give a message up is the handler's decision. A rejection with
   * `KafkaAway` counts as a rest.
   */
  readonly handle: (message: IncomingMessage) => Promise<void>;
  /** Messages handled side by side; each usually takes a connection of the pool. */
  readonly concurrency?: number;
  /**
   * Asks the engine that `handle` needs by another way than `handle` does, and rejects when it is away: then a subscription whose messages all fail
   * rests with reason. While the engine answers it does not, and is lost if that lasts. Without this every pause counts as a rest.
   */
  readonly askEngine?: () => Promise<void>;
  /** Once aborted the subscription stops, also while it is still on its way into its group. */
  readonly signal?: AbortSignal;
}

export interface BrokerSubscription {
  /** Ends what is under way, commits, and leaves the group. */
  stop(): Promise<void>;
}

/** What the fleet needs of Kafka, so that the client library can be exchanged. `start` connects and rejects when no broker answers. */
export interface Broker extends Part {
  /** Resolves when every replica in sync has all of them. Topics that do not exist are made. @throws when one of them may not have arrived */
  publish(messages: readonly OutgoingMessage[]): Promise<void>;
  subscribe(options: SubscribeOptions): Promise<BrokerSubscription>;
  /** Makes the topics that are missing, with the configured partitions and replication. */
  ensureTopics(topics: readonly string[]): Promise<void>;
  /** Messages not yet handled, by group and topic, of this process's subscriptions. */
  lag(): Promise<readonly TopicLag[]>;
  /** Readiness of a service that serves also while Kafka is away: rejects when a subscription has been lost. */
  consuming(): Promise<void>;
}

export interface TopicLag {
  readonly group: string;
  readonly topic: string;
  readonly messages: number;
}
