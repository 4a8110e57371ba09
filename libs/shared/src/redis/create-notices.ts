import { setTimeout as rest } from 'node:timers/promises';
import { within } from '../deadline/index.ts';
import type { Log } from '../log/index.ts';
import type { Part } from '../lifecycle/index.ts';
import { subscriberOf, type Redis } from './create-redis.ts';

type Listener = (message: string) => void;

export interface NoticesOptions {
  /** Publishes; the subscriber is a second connection of the same kind. */
  readonly redis: Redis;
  readonly namespace: string;
  readonly log: Log;
}

/** Wake-ups between replicas. Whatever depends on one must also look by itself now and then. */
export interface Notices extends Part {
  /** Never rejects; a notice that cannot be sent at once is dropped. */
  publish(channel: string, message: string): Promise<void>;
  /** Calls `fn` with every message from now on; the answer ends that. */
  on(channel: string, fn: Listener): () => void;
}

/** Between two tries to subscribe. */
const AGAIN_MS = 500;
/** `start` waits this long for its subscriptions, and lets them come later when Redis is away. */
const START_MS = 2000;

/** Best-effort notices over Redis pub/sub, on channels of the namespace. The subscriber comes back by itself; what was sent meanwhile is lost. */
export const createNotices = ({ redis, namespace, log }: NoticesOptions): Notices => {
  const prefix = `${namespace}:notice:`;
  const listeners = new Map<string, Set<Listener>>();
  let subscriber: Redis | undefined;

  /** Until it is had, or nobody listens there any more: a node of a cluster may go while it is asked. */
  const subscribe = async (channel: string): Promise<void> => {
    const asked = subscriber;
    const isWanted = (): boolean => asked === subscriber && listeners.has(channel);
    if (asked === undefined) return;
    for (let tries = 1; isWanted(); tries += 1) {
      try {
        await asked.subscribe(prefix + channel);
        return;
      } catch (error) {
        if (tries === 1) log.warn({ err: error, channel }, 'no subscription yet');
        await rest(AGAIN_MS * (0.5 + Math.random()), undefined, { ref: false });
      }
    }
  };

  const deliver = (channel: string, message: string): void => {
    for (const fn of listeners.get(channel.slice(prefix.length)) ?? []) {
      try {
        fn(message);
      } catch (error) {
        log.error({ err: error, channel }, 'a listener of notices failed');
      }
    }
  };

  return {
    name: 'notices',
    publish: async (channel, message) => {
      if (redis.status !== 'ready') return;
      try {
        await redis.publish(prefix + channel, message);
      } catch (error) {
        log.debug({ err: error, channel }, 'a notice was dropped');
      }
    },
    on: (channel, fn) => {
      const group = listeners.get(channel) ?? new Set();
      listeners.set(channel, group.add(fn));
      if (group.size === 1) void subscribe(channel);
      return () => {
        group.delete(fn);
        if (group.size > 0 || listeners.get(channel) !== group) return;
        listeners.delete(channel);
        void subscriber?.unsubscribe(prefix + channel).catch(() => {});
      };
    },
    start: async () => {
      subscriber = subscriberOf(redis);
      subscriber.on('message', deliver);
      await within(START_MS, Promise.all([...listeners.keys()].map(subscribe))).catch(() => {}); // they come later
    },
    stop: async () => {
      subscriber?.disconnect();
      subscriber = undefined;
    },
  };
};
