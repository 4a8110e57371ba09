import { within } from '../deadline/index.ts';
import type { Log } from '../log/index.ts';
import type { Part } from './part.ts';

export interface StopPartsOptions {
  /** In the order in which they are stopped. */
  readonly parts: readonly Part[];
  /** For all of them. */
  readonly totalMs: number;
  /** For one of them at most. */
  readonly eachMs: number;
  readonly log: Log;
}

const reserved = ({ reservedMs = 0 }: Part): number => reservedMs;

/**
 * Stops parts, one after the other; before the first, all are told. Each has what is left, but for what is reserved for those behind it. One that does
 * not stop in its time, or cannot, is logged and left to itself.
 */
export const stopParts = async ({ parts, totalMs, eachMs, log }: StopPartsOptions): Promise<void> => {
  const deadline = performance.now() + totalMs;
  for (const part of parts) part.halt?.();
  let behind = parts.reduce((sum, part) => sum + reserved(part), 0);
  for (const part of parts) {
    behind -= reserved(part);
    try {
      await within(Math.min(eachMs, deadline - performance.now() - behind), part.stop());
    } catch (error) {
      log.warn({ err: error, part: part.name }, 'a part did not stop cleanly');
    }
  }
};
