import { createRequire } from 'node:module';

/** The part of kafkajs's internal class that the mend touches. */
interface RequestQueue {
  readonly pending: readonly unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
}

const CHECK_PENDING_MS = 10;

function scheduleCheckPendingRequests(this: RequestQueue): void {
  if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
  const throttledMs = this.throttledUntil - Date.now();
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    },
    throttledMs > 0 ? throttledMs : CHECK_PENDING_MS,
  );
}

/**
 * kafkajs 2.2.4 arms a timer of negative time, so of 1 ms, after every answer, for ever, though no request waits: 2.6 % of a core for each idle
 * connection, and a TimeoutNegativeWarning on Node 24 (tulios/kafkajs#1768, whose mend this is). May be called more than once.
 * @throws Error when the library no longer has the method: then look whether the mend is still needed
 */
export const mendIdleTimer = (): void => {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as { prototype: Partial<RequestQueue> };
  if (!('scheduleCheckPendingRequests' in prototype)) throw new Error('kafkajs has changed: its idle timer cannot be mended');
  Object.assign(prototype, { scheduleCheckPendingRequests });
};
