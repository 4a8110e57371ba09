import { join } from 'node:path';
import type { KeyFiles } from '../keys/development-keys.ts';
import { workFolder } from '../paths.ts';
import type { DatabaseUrls } from './databases.ts';
import type { Place, ServiceName } from './services.ts';

export type Settings = Record<string, string>;
/** What differs from the defaults: for every process, and for those of one service. */
export type FleetSettings = { all?: Settings } & Partial<Record<ServiceName, Settings>>;

export interface EnvironmentOptions {
  place: Place;
  /** All processes of the fleet, for those that call others. */
  places: Place[];
  host: string;
  namespace: string;
  databases: DatabaseUrls;
  redisUrl: string;
  kafkaBrokers: string;
  keys: KeyFiles;
  settings: FleetSettings;
  /** The environment of this process. */
  outer: NodeJS.ProcessEnv;
}

/** A fresh start for each process: of the environment around only what programs need to run, so that a test's or a shell's settings do not leak in. */
const passedOn = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];

/** The whole environment of one process of the fleet: each gets the secrets that are its own, and no others. */
export function environmentOf({
  place,
  places,
  host,
  namespace,
  databases,
  redisUrl,
  kafkaBrokers,
  keys,
  settings,
  outer,
}: EnvironmentOptions): Settings {
  const { service } = place;
  const origins = (of: ServiceName) =>
    places
      .filter((other) => other.service === of)
      .map((other) => `http://127.0.0.1:${other.port}`)
      .join(',');
  const own: Record<ServiceName, Settings> = {
    gateway: {
      ONSALE_PRINCIPAL_PRIVATE_KEY_FILE: keys.principalPrivate,
      ONSALE_QUEUE_TOKEN_SECRETS_FILE: keys.queueTokenSecrets,
      ONSALE_QUEUE_URLS: origins('queue'),
      ONSALE_RESERVATION_URLS: origins('reservation'),
      ONSALE_PAYMENT_URLS: origins('payment'),
      ONSALE_COMMERCE_URLS: origins('commerce'),
    },
    queue: { ONSALE_QUEUE_TOKEN_SECRETS_FILE: keys.queueTokenSecrets },
    reservation: {},
    payment: {},
    commerce: { ONSALE_ACCESS_PRIVATE_KEYS_FILE: keys.accessPrivate },
  };
  const database = databases[service];
  return {
    ...Object.fromEntries(passedOn.flatMap((name) => (outer[name] === undefined ? [] : [[name, outer[name]]]))),
    ONSALE_MODE: 'development',
    MALLOC_ARENA_MAX: '1', // as in the image: what the thread pool allocates is little, and arenas of its own keep what they were given
    NODE_COMPILE_CACHE: join(workFolder, 'compile-cache'), // starts are most of what a run of all specs takes, and cost a third less
    // a service listens where only the gateway needs to reach it
    ONSALE_HOST: service === 'gateway' ? host : '127.0.0.1',
    ONSALE_PORT: String(place.port),
    ONSALE_OPS_PORT: String(place.opsPort),
    ONSALE_NAMESPACE: namespace,
    ONSALE_DRAIN_DELAY_SECONDS: '0', // nobody here routes by readiness
    ONSALE_DRAIN_SECONDS: '5', // at a terminal nobody waits longer
    ONSALE_REDIS_URL: redisUrl,
    ONSALE_PRINCIPAL_PUBLIC_KEYS_FILE: keys.principalPublic,
    ...(database === undefined ? {} : { ONSALE_MYSQL_URL: database, ONSALE_KAFKA_BROKERS: kafkaBrokers }),
    ...own[service],
    ...settings.all,
    ...settings[service],
  };
}
