import type { QueueSettings } from '../queues/queue.ts';

/** Nobody needs to ask more often than the admissions come: a tick is a quarter of it. */
const LEAST_POLL_MS = 1000;
/** Told waits are up to so much longer, so that those who came together do not ask together. */
const SPREAD = 0.3;
/** Ten asks on the way to the head. */
const ASKS = 10;

/**
 * How long a waiter may be told to rest at most, the spread apart: `maxPollSeconds`, and well within the time after which it would be
 * taken for gone.
 */
const mostPollMs = ({ maxPollSeconds, abandonAfterSeconds }: Pick<QueueSettings, 'maxPollSeconds' | 'abandonAfterSeconds'>): number =>
  Math.min(maxPollSeconds * 1000, abandonAfterSeconds * 500);

/** The longest `pollAfterMs` that these settings ever tell. */
export const longestPollMs = (settings: Pick<QueueSettings, 'maxPollSeconds' | 'abandonAfterSeconds'>): number =>
  Math.ceil(mostPollMs(settings) * (1 + SPREAD));

/** Looks of all waiters together that an opening is to cause at most: what two cores answer with room to spare (docs/benchmarks.md). */
const OPENING_LOOKS_PER_SECOND = 5000;

/** Before it nobody has a position, so nobody is near the head: each rests as long as may be told, and the last time until shortly after the opening. */
export const pollBeforeOpeningMs = (
  settings: Pick<QueueSettings, 'maxPollSeconds' | 'abandonAfterSeconds'>,
  { untilMs, waiting, random }: { untilMs: number; waiting: number | undefined; random: number },
): number => {
  const most = mostPollMs(settings);
  // as wide as the crowd needs: a thousand learn of it within a second, a million as they always ask, spread over the whole rest
  const crowdMs = waiting === undefined ? most : (waiting / OPENING_LOOKS_PER_SECOND) * 1000;
  const spreadMs = Math.min(most, Math.max(LEAST_POLL_MS, crowdMs));
  const left = Math.max(0, untilMs);
  if (left + spreadMs > longestPollMs(settings)) return Math.floor(most * (1 + SPREAD * random));
  return Math.max(LEAST_POLL_MS, Math.floor(left + spreadMs * random));
};

/**
 * Seconds until a position is admitted: by the measured rate, or by what cap and window bound it to from below, as every slot is free again after
 * a window; in a lane, its share of that, from (0, 1]. `undefined` when nothing moves.
 */
export const etaSeconds = (
  { cap, windowSeconds, admitPerSecond }: Pick<QueueSettings, 'cap' | 'windowSeconds' | 'admitPerSecond'>,
  { rate, share }: { readonly rate: number; readonly share: number },
  position: number,
): number | undefined => {
  const least = (cap === undefined ? (admitPerSecond ?? Infinity) : cap / windowSeconds) * share;
  const perSecond = Math.min(admitPerSecond ?? Infinity, Math.max(rate, least));
  return perSecond > 0 ? Math.ceil(position / perSecond) : undefined;
};

/** Milliseconds until a waiter asks again: rarely far behind, every second near the head. `random` is from [0, 1). */
export const pollAfterMs = (
  settings: Pick<QueueSettings, 'maxPollSeconds' | 'abandonAfterSeconds'>,
  eta: number | undefined,
  random: number,
): number => {
  const most = mostPollMs(settings);
  const wanted = eta === undefined ? most : (eta * 1000) / ASKS;
  return Math.floor(Math.min(most, Math.max(LEAST_POLL_MS, wanted)) * (1 + SPREAD * random));
};
