import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { testEngine } from './test-engine.ts';

export interface TestRedis {
  readonly redis: Redis;
  readonly url: string;
  stop(): Promise<void>;
}

/** The engine of the tests is started with this many; number 0 holds the claims to the others. */
const DATABASES = 256;
/** A run that was killed gives its database back after this time: longer than any run takes. */
const CLAIM_SECONDS = 4 * 3600;

const GIVE_BACK = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

const databaseUrl = (index: number): string => {
  const address = new URL(testEngine('ONSALE_TEST_REDIS_URL'));
  address.pathname = `/${index}`;
  return address.href;
};

/**
 * A client of tests: it waits for its engine and for every answer, however long. The product's deadlines (`createRedis`) would make a busy machine a fault.
 */
export const patientRedis = (url: string): Redis => {
  const redis = new Redis(url, { connectionName: 'test', maxRetriesPerRequest: null });
  redis.on('error', () => {}); // without a listener ioredis writes to the console
  return redis;
};

/** The first database from that of this jest worker on which nobody else has claimed: several runs may share the engine. */
const claim = async (registry: Redis, owner: string): Promise<number> => {
  const first = Number(process.env['JEST_WORKER_ID'] ?? '1') - 1;
  for (let step = 0; step < DATABASES - 1; step += 1) {
    const index = 1 + ((first + step) % (DATABASES - 1));
    if ((await registry.set(`onsale-test:claim:${index}`, owner, 'EX', CLAIM_SECONDS, 'NX')) === 'OK') return index;
  }
  throw new Error('every Redis database of the tests is in use');
};

/** A Redis database that no other spec uses, emptied. */
export const testRedis = async (): Promise<TestRedis> => {
  const registry = patientRedis(databaseUrl(0));
  const owner = `${process.pid}-${randomBytes(4).toString('hex')}`;
  const index = await claim(registry, owner);
  const url = databaseUrl(index);
  const redis = patientRedis(url);
  await redis.flushdb();
  return {
    redis,
    url,
    stop: async () => {
      redis.disconnect();
      await registry.eval(GIVE_BACK, 1, `onsale-test:claim:${index}`, owner);
      registry.disconnect();
    },
  };
};
