import type { ServerResponse } from 'node:http';
import { Refusal } from '@onsale/shared/errors';
import type { Taken } from './policy.ts';

const secondsOf = (ms: number): number => Math.max(1, Math.ceil(ms / 1000));

/** `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers): each limit by name, its quota and window, what is left and for how long. */
export const setLimitHeaders = (res: ServerResponse, taken: readonly Taken[]): void => {
  if (taken.length === 0) return;
  res.setHeader('ratelimit-policy', taken.map(({ name, points, seconds }) => `"${name}";q=${points};w=${seconds}`).join(', '));
  res.setHeader('ratelimit', taken.map(({ name, remaining, resetMs }) => `"${name}";r=${remaining};t=${secondsOf(resetMs)}`).join(', '));
};

/** @throws Refusal RATE_LIMITED, to be asked again when the last of the windows that are used up has ended */
export const assertWithin = (taken: readonly Taken[]): void => {
  const waits = taken.filter(({ exceeded }) => exceeded).map(({ resetMs }) => secondsOf(resetMs));
  if (waits.length === 0) return;
  throw new Refusal('RATE_LIMITED', 'That was too often. Rest, then ask again.', { retryAfterSeconds: Math.max(...waits) });
};
