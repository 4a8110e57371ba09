import type { z } from 'zod';
import { readJwks } from './keys.ts';
import type { commonSettings, kafkaSettings, mysqlSettings } from './settings.ts';

type Read<S extends z.core.$ZodLooseShape> = z.output<z.ZodObject<S>>;

/** The common settings, as services are composed of them. @throws Error when the key file is not usable, or of development in production */
export const commonOf = (e: Read<typeof commonSettings>) => ({
  mode: e.ONSALE_MODE,
  logLevel: e.ONSALE_LOG_LEVEL,
  namespace: e.ONSALE_NAMESPACE,
  listen: { host: e.ONSALE_HOST, port: e.ONSALE_PORT, opsPort: e.ONSALE_OPS_PORT, drainMs: e.ONSALE_DRAIN_SECONDS * 1000 },
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
export const kafkaOf = (e: Read<typeof kafkaSettings>) => ({
  brokers: e.ONSALE_KAFKA_BROKERS,
  partitions: e.ONSALE_KAFKA_PARTITIONS,
  replication: e.ONSALE_KAFKA_REPLICATION,
});
