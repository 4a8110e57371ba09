import type { Metrics } from '../metrics/index.ts';
import type { Outcome } from './receive.ts';

/** What one consumer counts. */
export const createConsumerMetrics = (metrics: Metrics, consumer: string) => {
  const messages = metrics.counter({
    name: 'onsale_consumer_messages_total',
    help: 'Messages that a consumer is through with',
    labels: ['consumer', 'topic', 'outcome'],
  });
  const failures = metrics.counter({
    name: 'onsale_consumer_failures_total',
    help: 'Failed tries of messages',
    labels: ['consumer', 'topic'],
  });
  const dead = metrics.counter({
    name: 'onsale_consumer_dead_total',
    help: 'Messages put into dead-letter topics',
    labels: ['consumer', 'topic'],
  });
  const seconds = metrics.histogram({
    name: 'onsale_consumer_seconds',
    help: 'Time that a message took to handle',
    labels: ['consumer', 'type'],
  });
  const groups = metrics.histogram({
    name: 'onsale_consumer_group_size',
    help: 'Messages that shared a transaction, where it was more than one',
    labels: ['consumer'],
    buckets: [2, 4, 8, 16],
  });
  const retries = metrics.gauge({ name: 'onsale_consumer_retries', help: 'Messages that wait to be tried again', labels: ['consumer'] });
  return {
    through: (topic: string, outcome: Outcome | 'ignored'): void => messages.inc({ consumer, topic, outcome }),
    failed: (topic: string): void => failures.inc({ consumer, topic }),
    dead: (topic: string): void => dead.inc({ consumer, topic }),
    timer: (type: string) => seconds.startTimer({ consumer, type }),
    together: (size: number): void => groups.observe({ consumer }, size),
    waiting: (count: number): void => retries.set({ consumer }, count),
  };
};

export type ConsumerMetrics = ReturnType<typeof createConsumerMetrics>;
