import { LRUCache } from 'lru-cache';
import { loop, type Part } from '../lifecycle/index.ts';
import type { Log } from '../log/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Notices } from '../redis/index.ts';

export interface EndsOptions {
  /** Tells other replicas, and hears from them; without it they find out by reading. */
  readonly notices?: Pick<Notices, 'publish' | 'on'>;
  /** What ends here: the channel's name among the fleet's notices. */
  readonly namespace: string;
  /** The truth: which of the ids are at their end. One call for all that wait. */
  readonly read: (ids: string[]) => Promise<Map<string, boolean>>;
  /** Milliseconds between reads while somebody waits; 0 is off. */
  readonly pollMs?: number;
  readonly metrics: Metrics;
  readonly log?: Log;
}

export interface Ends {
  /** To be called after the commit that ended it: wakes who waits here and, by notice, in other replicas. */
  announce(id: string): void;
  /** True when it has ended within `ms`; false when the time is over, the process is about to stop, or the signal says that nobody wants to know any more. */
  wait(id: string, ms: number, signal?: AbortSignal): Promise<boolean>;
  readonly part: Part;
}

const POLL_MS = 200;
/** Of the time that a process which stops has for its requests, so much is waited for ends: time enough for most of them, and the rest for the answers. */
const PATIENCE = 0.5;
/** One read asks for no more than so many. */
const READ_AT_ONCE = 500;
/** What has just ended is remembered: its wait may begin a moment later. */
const REMEMBERED = { max: 10_000, ttl: 15_000 };

type Noticed = 'process' | 'notice' | 'read';

/**
 * Lets requests wait for the end of what they began: told in this process, told by another replica's notice, and
 * as the truth one read for all waiters every `pollMs`.
 */
export const createEnds = ({ notices, namespace, read, pollMs = POLL_MS, metrics, log }: EndsOptions): Ends => {
  const channel = `ended:${namespace}`;
  const waiters = new Map<string, Set<() => void>>();
  const giveUps = new Set<() => void>();
  let leaving = false;
  const recent = new LRUCache<string, true>(REMEMBERED);
  const noticed = metrics.counter({
    name: 'onsale_ends_noticed_total',
    help: 'Waits that ended, by how the end was noticed',
    labels: ['how'],
  });
  const waiting = metrics.gauge({ name: 'onsale_ends_waiting', help: 'Requests that wait for an end' });

  const settle = (id: string, how: Noticed): void => {
    recent.set(id, true);
    const group = waiters.get(id);
    if (group === undefined) return;
    waiters.delete(id);
    noticed.inc({ how }, group.size);
    for (const wake of group) wake();
  };

  const poll = async (): Promise<void> => {
    const ids = [...waiters.keys()];
    for (let i = 0; i < ids.length; i += READ_AT_ONCE) {
      const ended = await read(ids.slice(i, i + READ_AT_ONCE));
      for (const [id, over] of ended) if (over) settle(id, 'read');
    }
  };

  const polling = loop({
    name: `${namespace} ends`,
    everyMs: pollMs,
    turn: poll,
    onError: (error) => log?.warn({ err: error }, 'ends could not be read'),
  });
  let unsubscribe: (() => void) | undefined;

  return {
    announce: (id) => {
      settle(id, 'process');
      void notices?.publish(channel, id);
    },
    wait: (id, ms, signal) =>
      new Promise((resolve) => {
        if (recent.has(id)) return resolve(true);
        if (ms <= 0 || leaving || signal?.aborted === true) return resolve(false);
        const group = waiters.get(id) ?? new Set();
        waiters.set(id, group);
        const finish = (ended: boolean): void => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', giveUp);
          giveUps.delete(giveUp);
          waiting.dec();
          if (!ended && group.delete(wake) && group.size === 0) waiters.delete(id);
          resolve(ended);
        };
        const wake = (): void => finish(true);
        const giveUp = (): void => finish(false);
        const timer = setTimeout(giveUp, ms);
        signal?.addEventListener('abort', giveUp, { once: true });
        group.add(wake);
        giveUps.add(giveUp);
        waiting.inc();
      }),
    part: {
      name: `${namespace} ends`,
      start: async () => {
        unsubscribe = notices?.on(channel, (id) => settle(id, 'notice'));
        if (pollMs > 0) await polling.start();
      },
      drain: (withinMs) => {
        const leave = (): void => {
          leaving = true;
          for (const giveUp of giveUps) giveUp();
        };
        setTimeout(leave, withinMs * PATIENCE).unref();
      },
      stop: async () => {
        unsubscribe?.();
        if (pollMs > 0) await polling.stop();
      },
    },
  };
};
