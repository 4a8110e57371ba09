import type { Metrics } from '@onsale/shared/metrics';
import type { StreamKind } from './reader.ts';

/** What is counted of streams. */
export const streamMetrics = (metrics: Metrics) => {
  const open = metrics.gauge({ name: 'onsale_gateway_streams', help: 'Open streams', labels: ['kind'] });
  return {
    opened: (kind: StreamKind): void => open.inc({ kind }),
    closed: (kind: StreamKind): void => open.dec({ kind }),
    told: metrics.counter({ name: 'onsale_gateway_stream_messages_total', help: 'Statuses told to streams', labels: ['kind'] }),
    ended: metrics.counter({
      name: 'onsale_gateway_streams_ended_total',
      help: 'Streams that ended: over (the place has ended), refused (session or token no longer hold), leaving (this process ends), stalled (a reader that did not read), gone (the client closed)',
      labels: ['kind', 'why'],
    }),
  };
};
