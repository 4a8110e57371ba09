import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, type Admin, type Consumer } from 'kafkajs';

export interface ReadTopicsOptions {
  readonly brokers: readonly string[];
  /** Whole names. Those that do not exist are empty. */
  readonly topics: readonly string[];
  /** Gets the value of every message. Once it answers true, the rest need not be read. */
  readonly onMessage: (value: string) => boolean;
}

/** Joining a group takes a few seconds; when nothing comes for so long, nothing will. */
const SILENCE_MS = 30_000;
const RETRY = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 3 };

/** Where each partition that holds anything ends now, by `<topic> <partition>`. */
const endsOf = async (admin: Admin, topics: readonly string[]): Promise<Map<string, number>> => {
  const known = new Set(await admin.listTopics());
  const ends = new Map<string, number>();
  for (const topic of topics.filter((name) => known.has(name))) {
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic))
      if (Number(high) > Number(low)) ends.set(`${topic} ${partition}`, Number(high));
  }
  return ends;
};

/** Settles when every partition has been read to its end, or nothing more is wanted. @throws Error when nothing comes any more */
const readTo = async (ends: Map<string, number>, consumer: Consumer, onMessage: ReadTopicsOptions['onMessage']): Promise<void> => {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const giveUp = (): void => reject(new Error(`${[...ends.keys()].join(', ')} could not be read to the end`));
  const silence = setTimeout(giveUp, SILENCE_MS);
  consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
  try {
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        silence.refresh();
        const part = `${batch.topic} ${batch.partition}`;
        for (const { value } of batch.messages) if (onMessage(value?.toString() ?? '')) ends.clear();
        if (Number(batch.lastOffset()) + 1 >= (ends.get(part) ?? Infinity)) ends.delete(part);
        if (ends.size === 0) resolve();
      },
    });
    await promise;
  } finally {
    clearTimeout(silence);
  }
};

/**
 * Reads topics from their beginning to the end that they have now, by a consumer group of its own, which is taken away again: nobody else's offsets change.
 * @throws Error when no broker answers, or an end is not reached
 */
export const readTopics = async ({ brokers, topics, onMessage }: ReadTopicsOptions): Promise<void> => {
  const kafka = new Kafka({
    clientId: 'invariants',
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 3_000,
    retry: RETRY,
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const ends = await endsOf(admin, topics);
    if (ends.size === 0) return;
    const groupId = `invariants-${randomUUID()}`;
    const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false, retry: RETRY });
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...new Set([...ends.keys()].map((part) => part.split(' ')[0]!))], fromBeginning: true });
      await readTo(ends, consumer, onMessage);
    } finally {
      await consumer.disconnect();
      await admin.deleteGroups([groupId]).catch(() => {}); // it holds no offsets, and the broker forgets it by itself
    }
  } finally {
    await admin.disconnect();
  }
};
