import { randomBytes } from 'node:crypto';
import { createRedis, type Redis } from '../redis/index.ts';
import { captureLog } from './capture-log.ts';
import { testEngine } from './test-engine.ts';

export interface TestRedis {
  readonly redis: Redis;
  readonly url: string;
  stop(): Promise<void>;
}

/** The engine of the tests is started with this many; number 0 holds the claims to the others. */
const DATABASES = 256;
/** A run that was killed gives its database back after this time. */
const CLAIM_SECONDS = 900;

const databaseUrl = (index: number): string => {
  const address = new URL(testEngine('ONSALE_TEST_REDIS_URL'));
  address.pathname = `/${index}`;
  return address.href;
};

/** The first database from that of this jest worker on which nobody else has claimed: several runs may share the engine. */
const claim = async (registry: Redis): Promise<number> => {
  const first = Number(process.env['JEST_WORKER_ID'] ?? '1') - 1;
  const owner = `${process.pid}-${randomBytes(4).toString('hex')}`;
  for (let step = 0; step < DATABASES - 1; step += 1) {
    const index = 1 + ((first + step) % (DATABASES - 1));
    if ((await registry.set(`onsale-test:claim:${index}`, owner, 'EX', CLAIM_SECONDS, 'NX')) === 'OK') return index;
  }
  throw new Error('every Redis database of the tests is in use');
};

/** A Redis database that no other spec uses, emptied. */
export const testRedis = async (): Promise<TestRedis> => {
  const { log } = captureLog();
  const registry = createRedis({ url: databaseUrl(0), name: 'test-claims', log });
  const index = await claim(registry);
  const url = databaseUrl(index);
  const redis = createRedis({ url, name: 'test', log });
  await redis.flushdb();
  return {
    redis,
    url,
    stop: async () => {
      redis.disconnect();
      await registry.del(`onsale-test:claim:${index}`);
      registry.disconnect();
    },
  };
};
