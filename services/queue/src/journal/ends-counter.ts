import type { Metrics } from '@onsale/shared/metrics';

/** Counts ends where they are committed; made in every place that ends something. */
export const endsCounter = (metrics: Metrics) =>
  metrics.counter({ name: 'onsale_queue_ends_total', help: 'Places that ended, by how', labels: ['ending'] });
