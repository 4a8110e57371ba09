import type { Part } from '@onsale/shared/lifecycle';
import type { Log } from '@onsale/shared/log';
import { mastersOf, type Redis } from '@onsale/shared/redis';

/** Says at the start when Redis may throw keys away: a line with holes keeps its order, but members would have to be found again all the time. */
export const evictionCheck = ({ redis, log }: { redis: Redis; log: Log }): Part => ({
  name: 'eviction check',
  start: async () => {
    try {
      await redis.ping(); // the masters of a cluster are known once it answers
      for (const master of mastersOf(redis)) {
        const policy = /maxmemory_policy:(\S+)/.exec(await master.info('memory'))?.[1];
        if (policy !== 'noeviction') log.error({ policy }, 'Redis must run with maxmemory-policy noeviction: it holds the line');
      }
    } catch (error) {
      log.warn({ err: error }, 'could not read the eviction policy of Redis; it must be noeviction');
    }
  },
  stop: async () => {},
});
