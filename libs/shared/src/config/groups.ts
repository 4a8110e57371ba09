import type { z } from 'zod';
import { parseCrashAt, type CrashSettings } from '../crash/index.ts';
import type { ServiceOptions } from '../lifecycle/index.ts';
import { readJwks } from './keys.ts';
import { ConfigError } from './read-config.ts';
import type { commonSettings, crashSettings, kafkaSettings, mysqlSettings, sagaSettings, serviceSettings } from './settings.ts';

type Read<S extends z.core.$ZodLooseShape> = z.output<z.ZodObject<S>>;

/** Of the settings of `createService`, all. */
export const listenOf = (e: Read<typeof commonSettings>): ServiceOptions['settings'] => ({
  host: e.ONSALE_HOST,
  port: e.ONSALE_PORT,
  opsPort: e.ONSALE_OPS_PORT,
  drainDelayMs: e.ONSALE_DRAIN_DELAY_SECONDS * 1000,
  drainMs: e.ONSALE_DRAIN_SECONDS * 1000,
});

/** The common settings, as services are composed of them. */
const commonOf = (e: Read<typeof commonSettings>) => ({
  mode: e.ONSALE_MODE,
  logLevel: e.ONSALE_LOG_LEVEL,
  namespace: e.ONSALE_NAMESPACE,
  listen: listenOf(e),
  principalKeys: readJwks(e.ONSALE_PRINCIPAL_PUBLIC_KEYS_FILE, e.ONSALE_MODE),
});

/** The options of `createDatabase`. */
export const mysqlOf = (e: Read<typeof mysqlSettings>) => ({
  url: e.ONSALE_MYSQL_URL,
  poolSize: e.ONSALE_MYSQL_POOL,
  acquireTimeoutMs: e.ONSALE_MYSQL_ACQUIRE_MS,
  statementTimeoutMs: e.ONSALE_MYSQL_STATEMENT_MS,
  lockWaitSeconds: e.ONSALE_MYSQL_LOCK_WAIT_SECONDS,
});

/** Of the options of `createKafkaBroker`, those that are settings. */
const kafkaOf = (e: Read<typeof kafkaSettings>) => ({
  brokers: e.ONSALE_KAFKA_BROKERS,
  partitions: e.ONSALE_KAFKA_PARTITIONS,
  replication: e.ONSALE_KAFKA_REPLICATION,
  sessionMs: e.ONSALE_KAFKA_SESSION_MS,
});

/** Of `createSagaRunner`, and of what waits for ends. */
export const sagasOf = (e: Read<typeof sagaSettings>) => ({
  endsPolling: e.ONSALE_ENDS_POLLING,
  sagas: { sweepMs: e.ONSALE_SAGA_SWEEP_MS, retryAfterMs: e.ONSALE_SAGA_RETRY_AFTER_MS, flagAfter: e.ONSALE_SAGA_FLAG_AFTER },
});

/** Of `createCrashPoints`; undefined where no point is armed. @throws ConfigError in production, or without a file for its log */
export const crashOf = (e: Read<typeof crashSettings & Pick<typeof commonSettings, 'ONSALE_MODE'>>): CrashSettings | undefined => {
  const { ONSALE_CRASH_AT: at, ONSALE_CRASH_LOG: log, ONSALE_MODE: mode } = e;
  if (at === undefined) return undefined;
  if (mode === 'production') throw new ConfigError(['ONSALE_CRASH_AT: production does not crash on purpose']);
  if (log === undefined) throw new ConfigError(['ONSALE_CRASH_LOG: needed with ONSALE_CRASH_AT']);
  return { ...parseCrashAt(at), log };
};

/**
 * What every service behind the gateway is composed of. @throws Error when the key file is not usable, or of development in production; ConfigError for a crash
 * point that is not to be
 */
export const serviceOf = (e: Read<typeof serviceSettings>) => ({
  ...commonOf(e),
  mysql: mysqlOf(e),
  auditDays: e.ONSALE_AUDIT_DAYS,
  redisUrl: e.ONSALE_REDIS_URL,
  kafka: kafkaOf(e),
  crash: crashOf(e),
});
