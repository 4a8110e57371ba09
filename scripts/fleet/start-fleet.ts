import { join } from 'node:path';
import type { Engines } from '../engines/engines.ts';
import { developmentKeys, type KeyFiles } from '../keys/development-keys.ts';
import { claimBlock } from '../ports/claim-block.ts';
import type { Home } from '../processes/home.ts';
import { createDatabases, type DatabaseUrls, migrateDatabases } from './databases.ts';
import { environmentOf, type FleetSettings } from './environment.ts';
import { type ServiceProcess, type ServiceProcessOptions, serviceProcess } from './service-process.ts';
import { findPlaces, portsForTests, type Replicas, type ServiceName, servicesWithTables } from './services.ts';

export interface FleetOptions {
  engines: Pick<Engines, 'mysqlUrl' | 'redisUrl' | 'kafkaBrokers'>;
  /** Keeps keys and pid files. */
  home: Home;
  /** Of topics, consumer groups, Redis keys and channels; `onsale` when left out. */
  namespace?: string;
  /** Of the schemas and the MySQL users; `onsale_` when left out, and at most 21 characters. */
  schemaPrefix?: string;
  /** How many processes of a service, none included; 1 when left out. */
  replicas?: Replicas;
  /** Environment variables that differ from the defaults, for all or for one service. */
  settings?: FleetSettings;
  /** `documented` (8080 and so on, or the next block) when left out; `free` claims a block of its own, for fleets that run side by side. */
  ports?: 'documented' | 'free';
  /** Where the gateway listens; 127.0.0.1 when left out. */
  host?: string;
  /** One log file a process in a folder, or every line to a function. */
  output: ServiceProcessOptions['output'];
  /** Whether a process that ends without being told to is started again; false when left out. */
  restart?: boolean;
  /** Hears of processes that ended and came back. */
  onNotice?: (text: string) => void;
}

export interface Fleet {
  readonly gatewayUrl: string;
  readonly namespace: string;
  /** The schema of each service, with its own user. */
  readonly databases: DatabaseUrls;
  readonly redisUrl: string;
  readonly keys: KeyFiles;
  /** Every process, the gateway's first. */
  readonly processes: readonly ServiceProcess[];
  processesOf: (service: ServiceName) => ServiceProcess[];
  urlsOf: (service: ServiceName) => string[];
  opsUrlsOf: (service: ServiceName) => string[];
  /** What a process of this service gets as its environment, for one-shot commands. */
  environmentOf: (service: ServiceName) => Record<string, string>;
  /** Starts every process and waits until all are ready. @throws CannotGoOn with the end of the log of one that is not */
  start: () => Promise<void>;
  /** The gateway drains first, since what it has under way needs the others. */
  stop: () => Promise<void>;
  /** SIGKILL for all. */
  kill: () => void;
}

/** Schemas, users, migrations and then the processes of a whole fleet, each with the environment that it would have in a deployment. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const fleet = await prepareFleet(options);
  await migrateDatabases(fleet.databases);
  try {
    await fleet.start();
  } catch (error) {
    await fleet.stop();
    throw error;
  }
  return fleet;
}

/** All but the migrations and the processes: ports, keys, schemas and users. */
export async function prepareFleet(options: FleetOptions): Promise<Fleet> {
  const { engines, home, namespace = 'onsale', schemaPrefix = 'onsale_', replicas = {}, settings = {} } = options;
  const { ports = 'documented', host = '127.0.0.1', output, restart = false, onNotice = () => {} } = options;
  const claim = ports === 'free' ? await claimBlock(portsForTests) : undefined;
  const places = await findPlaces({ replicas, ...(claim === undefined ? {} : { claimed: claim.first }) });
  const keys = developmentKeys(home.folder);
  const services = servicesWithTables.filter((service) => places.some((place) => place.service === service));
  const databases = await createDatabases({ mysqlUrl: engines.mysqlUrl, prefix: schemaPrefix, homeFolder: home.folder, services });
  const shared = {
    places,
    host,
    namespace,
    databases,
    redisUrl: engines.redisUrl,
    kafkaBrokers: engines.kafkaBrokers,
    keys,
    settings,
    outer: process.env,
  };
  const processes = places.map((place) =>
    serviceProcess({
      place,
      script: join('services', place.service, 'src', 'main.ts'),
      environment: environmentOf({ place, ...shared }),
      home,
      namespace,
      output,
      restart,
      onNotice,
    }),
  );
  const processesOf = (service: ServiceName) => processes.filter((process) => process.service === service);
  const stopAll = async (some: ServiceProcess[]) => void (await Promise.all(some.map((process) => process.stop())));
  return {
    gatewayUrl: processesOf('gateway')[0]?.url as string,
    namespace,
    databases,
    redisUrl: engines.redisUrl,
    keys,
    processes,
    processesOf,
    urlsOf: (service) => processesOf(service).map(({ url }) => url),
    opsUrlsOf: (service) => processesOf(service).map(({ opsUrl }) => opsUrl),
    environmentOf: (service) => {
      const place = places.find((place) => place.service === service);
      if (place === undefined) throw new RangeError(`no ${service} in this fleet`);
      return environmentOf({ place, ...shared });
    },
    start: async () => {
      const started = await Promise.allSettled(processes.map((process) => process.start()));
      const failed = started.find((result) => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
    stop: async () => {
      await stopAll(processesOf('gateway'));
      await stopAll(processes);
      claim?.release();
    },
    kill: () => {
      for (const process of processes) process.kill();
    },
  };
}
