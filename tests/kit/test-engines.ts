import { createLog } from '@onsale/shared/log';
import { createRedis, type Redis } from '@onsale/shared/redis';
import { patientRedis, testRedis } from '@onsale/shared/testing';
import type { Engines } from '../../scripts/engines/engines.ts';

/** What a fleet of a test runs on, its Redis database being its own. */
export interface FleetEngines extends Pick<Engines, 'mysqlUrl' | 'redisUrl' | 'kafkaBrokers'> {
  readonly redis: Redis;
  release(): Promise<void>;
}

const engine = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run this spec with \`npm test -- <path>\``);
  return value;
};

/** The engines of the run, which every spec shares: a database of Redis that nobody else has. */
export const sharedEngines = async (): Promise<FleetEngines> => {
  const claimed = await testRedis();
  return {
    mysqlUrl: engine('ONSALE_TEST_MYSQL_URL'),
    redisUrl: claimed.url,
    kafkaBrokers: engine('ONSALE_TEST_KAFKA_BROKERS'),
    redis: claimed.redis,
    release: () => claimed.stop(),
  };
};

/** Engines that a spec started for itself: there is nobody to share them with. */
export const wholeEngines = ({
  mysqlUrl,
  redisUrl,
  kafkaBrokers,
}: Pick<Engines, 'mysqlUrl' | 'redisUrl' | 'kafkaBrokers'>): FleetEngines => {
  const redis = patientRedis(redisUrl);
  return { mysqlUrl, redisUrl, kafkaBrokers, redis, release: async () => redis.disconnect() };
};

/** The engines of the run, but for Redis, which a spec started for itself: sentinels, a cluster. */
export const enginesWithRedis = (redisUrl: string): FleetEngines => {
  const redis = createRedis({ url: redisUrl, name: 'test', log: createLog({ service: 'test', level: 'silent' }), commandMs: 20_000 });
  return {
    mysqlUrl: engine('ONSALE_TEST_MYSQL_URL'),
    redisUrl,
    kafkaBrokers: engine('ONSALE_TEST_KAFKA_BROKERS'),
    redis,
    release: async () => redis.disconnect(),
  };
};
