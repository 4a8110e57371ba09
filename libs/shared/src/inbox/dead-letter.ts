import { KafkaAway, type Broker } from '../kafka/index.ts';

export interface DeadLetter {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly value: string;
  readonly consumer: string;
  readonly error: unknown;
  readonly attempts: number;
}

/** Kafka headers are not the place for a stack. */
const MAX_ERROR = 1000;

export const errorText = (error: unknown): string =>
  String(error instanceof Error ? `${error.name}: ${error.message}` : error).slice(0, MAX_ERROR);

export const deadLetterTopic = (topic: string): string => `${topic}.dlq`;

/** Puts a message aside with where it came from and why, under its own key and unchanged, so that it can be sent back. @throws KafkaAway */
export const publishDeadLetter = async (broker: Broker, { topic, partition, offset, key, value, ...why }: DeadLetter): Promise<void> => {
  const headers = {
    'origin-topic': topic,
    'origin-partition': String(partition),
    'origin-offset': offset,
    consumer: why.consumer,
    error: errorText(why.error),
    attempts: String(why.attempts),
  };
  try {
    await broker.publish([{ topic: deadLetterTopic(topic), key, value, headers }]);
  } catch (error) {
    throw new KafkaAway(`${deadLetterTopic(topic)} takes no dead letter`, error);
  }
};
