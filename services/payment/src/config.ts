import type { JSONWebKeySet } from '@onsale/shared/auth';
import {
  commonSettings,
  kafkaSettings,
  mysqlSettings,
  readConfig,
  readJwks,
  redisSettings,
  setting,
  type Env,
} from '@onsale/shared/config';

const paymentSettings = {
  ONSALE_CHARGE_MINIMUM: setting.int({ default: 1000, min: 1, about: 'least points of a charge (features.md P1)' }),
  ONSALE_ENDS_POLLING: setting.onOff({
    default: true,
    about: 'read every 50 ms how the payments that requests wait for have ended; off leaves them to notices alone (for tests of those)',
  }),
  ONSALE_SAGA_SWEEP_MS: setting.int({ default: 1000, min: 10, about: 'milliseconds between looks for purchases that are overdue' }),
  ONSALE_SAGA_RETRY_AFTER_MS: setting.int({
    default: 5000,
    min: 10,
    about: 'a command without a reply is sent again after this, then less often',
  }),
};

/** The settings of the service. @throws ConfigError naming every wrong one; Error when the key file is not usable, or of development in production */
export const readSettings = (env: Env = process.env) => {
  const e = readConfig({ ...commonSettings, ...mysqlSettings, ...redisSettings, ...kafkaSettings, ...paymentSettings }, env);
  return {
    mode: e.ONSALE_MODE,
    logLevel: e.ONSALE_LOG_LEVEL,
    namespace: e.ONSALE_NAMESPACE,
    listen: { host: e.ONSALE_HOST, port: e.ONSALE_PORT, opsPort: e.ONSALE_OPS_PORT, drainMs: e.ONSALE_DRAIN_SECONDS * 1000 },
    principalKeys: readJwks(e.ONSALE_PRINCIPAL_PUBLIC_KEYS_FILE, e.ONSALE_MODE) as JSONWebKeySet,
    mysql: {
      url: e.ONSALE_MYSQL_URL,
      poolSize: e.ONSALE_MYSQL_POOL,
      acquireTimeoutMs: e.ONSALE_MYSQL_ACQUIRE_MS,
      statementTimeoutMs: e.ONSALE_MYSQL_STATEMENT_MS,
      lockWaitSeconds: e.ONSALE_MYSQL_LOCK_WAIT_SECONDS,
    },
    redisUrl: e.ONSALE_REDIS_URL,
    kafka: { brokers: e.ONSALE_KAFKA_BROKERS, partitions: e.ONSALE_KAFKA_PARTITIONS, replication: e.ONSALE_KAFKA_REPLICATION },
    chargeMinimum: e.ONSALE_CHARGE_MINIMUM,
    endsPolling: e.ONSALE_ENDS_POLLING,
    sagas: { sweepMs: e.ONSALE_SAGA_SWEEP_MS, retryAfterMs: e.ONSALE_SAGA_RETRY_AFTER_MS },
  };
};

export type Settings = ReturnType<typeof readSettings>;
