import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient, type CallOptions, type Fetch, type RouteSpec } from '@onsale/contracts';
import { createCoupon } from '@onsale/contracts/commerce';
import { createQueue, readQueue } from '@onsale/contracts/queue';
import { createConcert, createSchedule } from '@onsale/contracts/reservation';
import { createAccessTokenSigner, type JSONWebKeySet } from '@onsale/shared/auth';
import { newId, systemClock } from '@onsale/shared/ids';
import { eventually, newKey } from '@onsale/shared/testing';
import { serviceNames, type Replicas } from '../../scripts/fleet/services.ts';
import type { ServiceProcess } from '../../scripts/fleet/service-process.ts';
import { startFleet, type Fleet, type FleetOptions } from '../../scripts/fleet/start-fleet.ts';
import { createDigest } from './digest.ts';
import { dropSchemas } from './drop-schemas.ts';
import { createMember } from './member.ts';
import { insisted, outcomeOf } from './outcome.ts';
import { createStores } from './stores.ts';
import { sharedEngines, type FleetEngines } from './test-engines.ts';
import { testFolders } from './test-folders.ts';
import { isRefused } from './witness.ts';

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
    readonly opensAt?: string;
  };
}

interface TokenOptions {
  readonly memberId?: string;
  readonly sessionId?: string;
  readonly role?: 'member' | 'operator';
  readonly lifeSeconds?: number;
}

const tuple = async <T>(length: number, make: () => Promise<T>) =>
  (await Promise.all(Array.from({ length }, make))) as T[] & { [I in 0 | 1 | 2]: T } & { length: number };

interface TestFleetOptions extends Pick<FleetOptions, 'replicas' | 'settings'> {
  /** Left out, those that all specs of the run share. */
  readonly engines?: FleetEngines;
  /** Of a fleet whose settings have other keys for access tokens than its home. */
  readonly accessKeys?: JSONWebKeySet;
  /** What asks the gateways. */
  readonly fetch?: Fetch;
}

const ofEach = (count: number): Replicas => Object.fromEntries(serviceNames.map((service) => [service, count]));

export const twoOfEach = ofEach(2);

/** `npm test -- --replicas N` runs so many of every service of which the spec itself says nothing. */
const replicasOf = (wanted: Replicas = {}): Replicas => ({ ...ofEach(Number(process.env.ONSALE_TEST_REPLICAS ?? '1')), ...wanted });

/** That an engine which is there takes its time on a busy machine is no outage: what comes of one is for the specs of the gateway, which have it so. */
const patient = { ONSALE_LIMITS_DEADLINE_MS: '10000' };

/** Asks the gateways in turn, as a load balancer in front of them would: the next one when one does not listen. */
const inTurn = ({ gatewayUrl, urlsOf }: Fleet, fetch: Fetch): Fetch => {
  const urls = urlsOf('gateway');
  let turn = 0;
  return async (url, request) => {
    turn += 1;
    for (let first = turn, tries = 0; ; tries += 1) {
      try {
        return await fetch(`${urls[(first + tries) % urls.length]!}${url.slice(gatewayUrl.length)}`, request);
      } catch (error) {
        if (tries === urls.length - 1 || !isRefused(error)) throw error;
      }
    }
  };
};

const signerOf = (keys: JSONWebKeySet, lifeSeconds: number) => createAccessTokenSigner({ keys, clock: systemClock, lifeSeconds });

const sumOf = (text: string, name: string, labels: Readonly<Record<string, string>>): number =>
  text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);

/** A fleet of real processes for one test file, with schemas, a Redis database, a Kafka namespace and ports of its own. */
export const startTestFleet = async ({ replicas, settings, engines: own, accessKeys, fetch = globalThis.fetch }: TestFleetOptions = {}) => {
  const name = randomBytes(4).toString('hex');
  const engines = own ?? (await sharedEngines());
  const { mysqlUrl: admin, redis } = engines;
  const folders = testFolders(name);
  const { home, logFolder } = folders;
  const schemaPrefix = `e2e_${name}_`;
  const fleet = await startFleet({
    engines,
    namespace: `e2e-${name}`,
    schemaPrefix,
    replicas: replicasOf(replicas),
    settings: { ...settings, gateway: { ...patient, ...settings?.gateway } },
    ports: 'free',
    home,
    output: { logFolder },
  }).catch(async (error: unknown) => {
    await engines.release(); // an open connection would keep jest from ending
    folders.remove();
    throw error;
  });
  const stores = createStores({ urlOf: (service) => fleet.databases[service as 'queue'] as string });
  const client = createClient({ baseUrl: fleet.gatewayUrl, fetch: inTurn(fleet, fetch) });
  const keys = accessKeys ?? (JSON.parse(readFileSync(fleet.keys.accessPrivate, 'utf8')) as JSONWebKeySet);
  const accessToken = ({
    memberId = newId(),
    sessionId = newId(),
    role = 'member',
    lifeSeconds = 3600,
  }: TokenOptions = {}): Promise<string> => signerOf(keys, lifeSeconds).sign({ memberId, role, sessionId });
  const operatorToken = await accessToken({ role: 'operator' });
  const asOperator = async <R extends RouteSpec>(route: R, options: CallOptions<R>) => {
    const keyed = route.idempotency === 'required' && { idempotencyKey: newId() };
    const { is, body } = await insisted(() => outcomeOf(client.answer(route, { accessToken: operatorToken, ...keyed, ...options })));
    if (body === undefined) throw new Error(`${route.method} ${route.path}: ${is}`);
    return body;
  };

  const queue = (queueId: string) => client.call(readQueue, { params: { queueId } });

  const sale = async ({ seats, price = 1_000, queue: wanted }: SaleOptions) => {
    const named = wanted === undefined ? {} : { queueId: `q-${newId()}` };
    if (named.queueId !== undefined) await asOperator(createQueue, { body: { id: named.queueId, ...wanted!, cap: wanted!.cap } });
    const concert = await asOperator(createConcert, { body: { title: 'A concert', venue: 'A hall', description: 'For a test' } });
    const schedule = await asOperator(createSchedule, {
      params: { id: concert.id },
      body: {
        startsAt: new Date(Date.now() + 86_400_000).toISOString(),
        salesOpenAt: new Date(Date.now() - 60_000).toISOString(),
        sections: [{ name: 'A', rows: 1, seatsPerRow: seats, price }],
        ...named,
      },
    });
    await eventually(() => queue(schedule.queueId));
    return { concertId: concert.id, scheduleId: schedule.id, queueId: schedule.queueId };
  };

  /** First come, first served, from now on; `percent` is taken off. */
  const coupon = ({ total, percent = 10 }: { total: number; percent?: number }) => {
    const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();
    return asOperator(createCoupon, {
      body: {
        name: 'Some percent',
        discount: { type: 'PERCENT', value: percent },
        total,
        issueFrom: inMs(-60_000),
        issueUntil: inMs(3_600_000),
        validUntil: inMs(7_200_000),
      },
      idempotencyKey: newId(),
    });
  };

  return {
    ...fleet,
    client,
    stores,
    sale,
    coupon,
    queue,
    asOperator,
    digest: createDigest({ databases: stores.databases, redis }),
    accessToken,
    /** Signed by a key that only looks like ours. */
    forgedAccessToken: () => {
      return signerOf({ keys: [newKey(keys.keys[0]!.kid!)] }, 3600).sign({ memberId: newId(), role: 'operator', sessionId: newId() });
    },
    /** New members with valid access tokens. */
    members: (count: number) =>
      tuple(count, async () => {
        const id = newId();
        return createMember({ client, id, accessToken: await accessToken({ memberId: id }) });
      }),
    /** Looks once by each gateway: for up to a second one may still let in whom another knows to have ended. */
    atEveryGateway: async (look: () => Promise<void>): Promise<void> => {
      for (const _url of fleet.urlsOf('gateway')) await look();
    },
    /** What a process has logged since it was last started, oldest first. */
    logOf: ({ name: process }: ServiceProcess) =>
      readFileSync(join(logFolder, `${process}.log`), 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>),
    /** The sum of a metric over its labels that match, and over these processes. */
    metric: async (processes: readonly ServiceProcess[], name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> => {
      const texts = await Promise.all(processes.map(async ({ opsUrl }) => (await globalThis.fetch(`${opsUrl}/metrics`)).text()));
      return texts.reduce((sum, text) => sum + sumOf(text, name, labels), 0);
    },
    redis,
    /** Takes every key of this fleet out of Redis: its database is its own, so that other fleets keep theirs. */
    emptyRedis: () => redis.flushdb(),
    stop: async () => {
      await fleet.stop();
      await stores.close();
      await engines.release();
      await dropSchemas({ mysqlUrl: admin, schemaPrefix, services: Object.keys(fleet.databases) });
      folders.remove();
    },
  };
};

export type TestFleet = Awaited<ReturnType<typeof startTestFleet>>;
