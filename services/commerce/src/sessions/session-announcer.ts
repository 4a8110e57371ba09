import { endedSessions } from '@onsale/shared/auth';
import type { Database } from '@onsale/shared/db';
import { within } from '@onsale/shared/deadline';
import { loop, type Part } from '@onsale/shared/lifecycle';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import { reignsOf, type Redis } from '@onsale/shared/redis';
import { findUnannounced, markAnnounced, unmarkAnnounced, type Unannounced } from './session-store.ts';

interface Options {
  readonly db: Database;
  readonly redis: Redis;
  readonly namespace: string;
  /** How long an access token may outlive its session: older ends need no announcing. */
  readonly accessLifeSeconds: number;
  /** Between two looks at what is still to be announced. */
  readonly everyMs: number;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface SessionAnnouncer {
  /** Tells the gateway at once if it can, within half a second; otherwise the part does it later. Never throws. */
  announce(sessionId: string): Promise<void>;
  /** The same for many, a batch side by side after the other, until one cannot be told: then the part does the rest. */
  announceAll(sessionIds: readonly string[]): Promise<void>;
  readonly part: Part;
}

const AT_ONCE_MS = 500;
const BATCH = 200;

/**
 * Brings ended sessions to the deny-list. The database remembers which are still to be told (`unannounced`), so none is lost while Redis is away;
 * and when Redis may have forgotten some (a master has begun its reign, or the marker is gone), the recent ones are told again.
 */
export const createSessionAnnouncer = ({ db, redis, namespace, accessLifeSeconds, everyMs, log, metrics }: Options): SessionAnnouncer => {
  const denyList = endedSessions({ redis, namespace });
  const marker = denyList.key('marker');
  const late = metrics.counter({
    name: 'onsale_session_ends_late_total',
    help: 'Ended sessions that could not be put on the deny-list at once',
  });
  let toldTo: string | undefined;
  let failing = false;

  const tellAgainWhatWasForgotten = async (): Promise<void> => {
    const reigns = await reignsOf(redis);
    if (reigns === toldTo && (await redis.exists(marker)) === 1) return;
    await unmarkAnnounced(db, accessLifeSeconds);
    await redis.set(marker, '1');
    toldTo = reigns;
  };

  const turn = async (signal: AbortSignal): Promise<void> => {
    await tellAgainWhatWasForgotten();
    let found: Unannounced[];
    do {
      found = await findUnannounced(db, BATCH);
      await Promise.all(found.map(({ sessionId }) => denyList.end(sessionId)));
      await markAnnounced(db, found);
    } while (found.length === BATCH && !signal.aborted);
    if (failing) log.info('ended sessions are on the deny-list again');
    failing = false;
  };

  const tells = async (sessionId: string): Promise<boolean> => {
    try {
      await within(AT_ONCE_MS, denyList.end(sessionId));
      return true;
    } catch (error) {
      late.inc();
      log.warn({ err: error, sessionId }, 'an ended session is not on the deny-list yet');
      return false;
    }
  };

  return {
    announce: async (sessionId) => void (await tells(sessionId)),
    announceAll: async (sessionIds) => {
      for (let from = 0; from < sessionIds.length; from += BATCH) {
        const told = await Promise.all(sessionIds.slice(from, from + BATCH).map(tells));
        if (told.includes(false)) return;
      }
    },
    part: loop({
      name: 'session-announcer',
      everyMs,
      turn,
      onError: (error) => {
        if (!failing) log.warn({ err: error }, 'ended sessions wait to be put on the deny-list');
        failing = true;
      },
    }),
  };
};
