import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import { mendIdleTimer } from './mend-idle-timer.ts';

interface Queue {
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  pending: unknown[];
  scheduleCheckPendingRequests(): void;
  checkPendingRequests(): void;
  destroy(): void;
}

const requestQueue = (): Queue => {
  const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as new (options: object) => Queue;
  return new RequestQueue({ maxInFlightRequests: 1, requestTimeout: 1000, clientId: 'spec', broker: 'spec', logger: { debug: () => {} } });
};

describe('mendIdleTimer', () => {
  it('arms no timer while no request waits', () => {
    mendIdleTimer();
    const queue = requestQueue();
    queue.checkPendingRequests();
    expect(queue.throttleCheckTimeoutId).toBeNull();
  });

  it('still looks again for a request that waits, now or when the broker is no longer throttling', () => {
    mendIdleTimer();
    const queue = requestQueue();
    queue.pending.push({});
    queue.throttledUntil = Date.now() + 60_000;
    queue.checkPendingRequests();
    expect(queue.throttleCheckTimeoutId).not.toBeNull();
    queue.destroy();
  });
});
