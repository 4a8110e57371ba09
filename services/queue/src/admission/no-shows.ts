import type { Trx } from '@onsale/shared/db';
import { decisionOf } from '../journal/decision.ts';
import { endUnseen, entriesOf } from '../journal/journal-store.ts';
import type { Decision } from '../line/line-views.ts';
import type { Line } from '../line/line.ts';
import type { AdmissionState } from '../queues/admission-store.ts';
import { REST_MARGIN_MS } from '../queues/rest-store.ts';
import { TICK_MOST } from './admissible.ts';

type Watched = Pick<AdmissionState, 'noShowAfterSeconds' | 'longestPollMs'>;

/** Longest time between two looks of somebody who waits, by the longest rest that was ever told. */
const silenceMs = ({ longestPollMs }: Pick<Watched, 'longestPollMs'>): number => longestPollMs + REST_MARGIN_MS;

/**
 * How long an owner may take to come, in milliseconds: what the operator set, but never less than the rest that a waiter was told just before it was
 * admitted. `undefined`: for ever.
 */
export const noShowAfterMs = (queue: Watched): number | undefined =>
  queue.noShowAfterSeconds === undefined ? undefined : Math.max(queue.noShowAfterSeconds * 1000, silenceMs(queue));

/**
 * Numbers that may be ended as no-shows, at most as many as there are waiters for whom only the cap has no room. Also keeps the watch going, so it is to
 * be asked by every tick. `undefined`: Redis has lost writes.
 */
export const claimNoShows = async (
  line: Pick<Line, 'claimNoShows'>,
  queue: AdmissionState,
  { most, count, waiting }: { most: number; count: number; waiting: number },
): Promise<number[] | undefined> => {
  const afterMs = noShowAfterMs(queue);
  if (afterMs === undefined) return [];
  const want = Math.min(most, waiting, TICK_MOST) - count;
  return line.claimNoShows(queue, { afterMs, silenceMs: silenceMs(queue), most: Math.max(0, want) });
};

/**
 * Ends claimed admissions in the transaction that gives their slots on, unless their owner has come meanwhile, or their time is not over by the
 * database's clock. Answers with how many ended, and what Redis is to be told of the others: they are seen from now on.
 */
export const endNoShows = async (
  trx: Trx,
  queue: AdmissionState,
  claimed: readonly number[],
): Promise<{ ended: number; kept: Decision[] }> => {
  const afterMs = noShowAfterMs(queue);
  if (claimed.length === 0) return { ended: 0, kept: [] };
  const ended = afterMs === undefined ? 0 : await endUnseen(trx, { queueId: queue.id, numbers: claimed, afterMs });
  const entries = await entriesOf(trx, queue.id, claimed);
  return { ended, kept: entries.filter(({ ending }) => ending === undefined).map((entry) => ({ ...decisionOf(entry), seen: true })) };
};
