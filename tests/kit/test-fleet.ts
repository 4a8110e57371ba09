import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@onsale/contracts';
import { createQueue, readQueue } from '@onsale/contracts/queue';
import { createConcert, createSchedule } from '@onsale/contracts/reservation';
import { createAccessTokenSigner, type JSONWebKeySet } from '@onsale/shared/auth';
import { newId, systemClock } from '@onsale/shared/ids';
import { eventually, temporaryFolders, testRedis } from '@onsale/shared/testing';
import { createConnection } from 'mysql2/promise';
import { startFleet, type FleetOptions } from '../../scripts/fleet/start-fleet.ts';
import { joinHome } from '../../scripts/processes/home.ts';
import { createDigest } from './digest.ts';
import { createMember, type TestMember } from './member.ts';
import { createStores } from './stores.ts';

interface SaleOptions {
  /** One section of one row. */
  readonly seats: number;
  readonly price?: number;
  /** Settings of the sale's own queue. */
  readonly queue?: {
    readonly cap: number | null;
    readonly windowSeconds?: number;
    readonly maxPollSeconds?: number;
    readonly abandonAfterSeconds?: number;
  };
}

interface TokenOptions {
  readonly memberId?: string;
  readonly role?: 'member' | 'operator';
  readonly lifeSeconds?: number;
}

const tuple = <T>(length: number, make: () => T): T[] & { [I in 0 | 1 | 2]: T } & { length: number } =>
  Array.from({ length }, make) as T[] & { [I in 0 | 1 | 2]: T };

const engine = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run this spec with \`npm test -- <path>\``);
  return value;
};

const signerOf = (keys: JSONWebKeySet, lifeSeconds: number) => createAccessTokenSigner({ keys, clock: systemClock, lifeSeconds });

/**
 * Keys, pid files and logs: in the home of `npm test`, where logs can be read until the next run, and what a killed spec leaves behind is found by its
 * pid file; else in folders that go with the fleet.
 */
const foldersOf = (name: string, make: () => string) => {
  const home = process.env.ONSALE_TEST_HOME;
  if (home === undefined) return { home: joinHome(make()), logFolder: make() };
  return { home: joinHome(home), logFolder: join(home, 'logs', 'e2e', name) };
};

/** A fleet of real processes for one test file, with schemas, a Redis database, a Kafka namespace and ports of its own. */
export const startTestFleet = async ({ replicas, settings }: Pick<FleetOptions, 'replicas' | 'settings'> = {}) => {
  const name = randomBytes(4).toString('hex');
  const redis = await testRedis();
  const folders = temporaryFolders();
  const { home, logFolder } = foldersOf(name, folders.make);
  const admin = engine('ONSALE_TEST_MYSQL_URL');
  const schemaPrefix = `e2e_${name}_`;
  const fleet = await startFleet({
    engines: { mysqlUrl: admin, redisUrl: redis.url, kafkaBrokers: engine('ONSALE_TEST_KAFKA_BROKERS') },
    namespace: `e2e-${name}`,
    schemaPrefix,
    replicas: replicas ?? {},
    settings: settings ?? {},
    ports: 'free',
    home,
    output: { logFolder },
  }).catch(async (error: unknown) => {
    await redis.stop(); // an open connection would keep jest from ending
    folders.remove();
    throw error;
  });
  const stores = createStores({ urlOf: (service) => fleet.databases[service as 'queue'] as string });
  const client = createClient({ baseUrl: fleet.gatewayUrl });
  const keys = JSON.parse(readFileSync(fleet.keys.accessPrivate, 'utf8')) as JSONWebKeySet;
  const accessToken = ({ memberId = newId(), role = 'member', lifeSeconds = 3600 }: TokenOptions = {}): Promise<string> =>
    signerOf(keys, lifeSeconds).sign({ memberId, role, sessionId: newId() });
  const operatorToken = await accessToken({ role: 'operator' });
  const spare: TestMember[] = await Promise.all(
    Array.from({ length: 700 }, async () => {
      const id = newId();
      return createMember({ client, id, accessToken: await accessToken({ memberId: id }) });
    }),
  );

  const queue = (queueId: string) => client.call(readQueue, { params: { queueId } });

  const sale = async ({ seats, price = 1_000, queue: wanted }: SaleOptions) => {
    const asOperator = { accessToken: operatorToken };
    const named = wanted === undefined ? {} : { queueId: `q-${newId()}` };
    if (named.queueId !== undefined)
      await client.call(createQueue, { ...asOperator, body: { id: named.queueId, ...wanted!, cap: wanted!.cap } });
    const concert = await client.call(createConcert, {
      ...asOperator,
      body: { title: 'A concert', venue: 'A hall', description: 'For a test' },
    });
    const schedule = await client.call(createSchedule, {
      ...asOperator,
      params: { id: concert.id },
      body: {
        startsAt: new Date(Date.now() + 86_400_000).toISOString(),
        salesOpenAt: new Date(Date.now() - 60_000).toISOString(),
        sections: [{ name: 'A', rows: 1, seatsPerRow: seats, price }],
        ...named,
      },
    });
    await eventually(() => queue(schedule.queueId), { withinMs: 15_000 });
    return { concertId: concert.id, scheduleId: schedule.id, queueId: schedule.queueId };
  };

  const dropSchemas = async (): Promise<void> => {
    const connection = await createConnection({ uri: admin });
    for (const service of Object.keys(fleet.databases)) {
      await connection.query(`DROP DATABASE IF EXISTS \`${schemaPrefix}${service}\``);
      await connection.query(`DROP USER IF EXISTS '${schemaPrefix}${service}'@'%'`);
    }
    await connection.end();
  };

  return {
    ...fleet,
    client,
    stores,
    sale,
    queue,
    digest: createDigest({ databases: stores.databases, redis: redis.redis }),
    accessToken,
    /** Signed by a key that only looks like ours. */
    forgedAccessToken: () => {
      const forger = { ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid: keys.keys[0]!.kid! };
      return signerOf({ keys: [forger] }, 3600).sign({ memberId: newId(), role: 'operator', sessionId: newId() });
    },
    /** Members with valid access tokens; nobody gets the same ones twice. */
    members: (count: number) => tuple(count, () => spare.pop()!),
    /** Takes every key of this fleet out of Redis: its database is its own, so that other fleets keep theirs. */
    emptyRedis: () => redis.redis.flushdb(),
    stop: async () => {
      await fleet.stop();
      await stores.close();
      await redis.stop();
      await dropSchemas();
      folders.remove();
    },
  };
};

export type TestFleet = Awaited<ReturnType<typeof startTestFleet>>;
