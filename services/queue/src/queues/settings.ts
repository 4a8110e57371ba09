import type { z } from 'zod';
import type { ChangeQueue } from '@onsale/contracts/queue';
import type { QueueSettings } from './queue.ts';

/** Settings as a request names them: `null` takes a limit away, what is absent stays. */
export type SettingsPatch = z.output<typeof ChangeQueue>;

const limit = <T>(given: T | null | undefined, old: T | undefined): T | undefined => (given === undefined ? old : (given ?? undefined));

/** The settings after a patch. */
export const patched = (old: QueueSettings, patch: SettingsPatch): QueueSettings => ({
  cap: limit(patch.cap, old.cap),
  admitPerSecond: limit(patch.admitPerSecond, old.admitPerSecond),
  capacity: limit(patch.capacity, old.capacity),
  message: limit(patch.message, old.message),
  windowSeconds: patch.windowSeconds ?? old.windowSeconds,
  noShowAfterSeconds: limit(patch.noShowAfterSeconds, old.noShowAfterSeconds),
  abandonAfterSeconds: patch.abandonAfterSeconds ?? old.abandonAfterSeconds,
  onExpiry: patch.onExpiry ?? old.onExpiry,
  tokenLifeSeconds: patch.tokenLifeSeconds ?? old.tokenLifeSeconds,
  maxPollSeconds: patch.maxPollSeconds ?? old.maxPollSeconds,
  lanes: patch.lanes ?? old.lanes,
});

/** The settings alone, as the audit keeps them: what is not limited is absent. */
export const settingsOf = (queue: QueueSettings): QueueSettings => ({
  cap: queue.cap,
  admitPerSecond: queue.admitPerSecond,
  capacity: queue.capacity,
  windowSeconds: queue.windowSeconds,
  noShowAfterSeconds: queue.noShowAfterSeconds,
  abandonAfterSeconds: queue.abandonAfterSeconds,
  onExpiry: queue.onExpiry,
  tokenLifeSeconds: queue.tokenLifeSeconds,
  maxPollSeconds: queue.maxPollSeconds,
  lanes: queue.lanes,
  message: queue.message,
});
