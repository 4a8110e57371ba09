import {
  commonOf,
  commonSettings,
  crashOf,
  crashSettings,
  kafkaOf,
  kafkaSettings,
  mysqlOf,
  mysqlSettings,
  readConfig,
  redisSettings,
  setting,
  type Env,
} from '@onsale/shared/config';

const paymentSettings = {
  ONSALE_CHARGE_MINIMUM: setting.int({ default: 1000, min: 1, about: 'least points of a charge' }),
  ONSALE_ENDS_POLLING: setting.onOff({
    default: true,
    about:
      'read every 50 ms how the payments that requests wait for have ended, and every 250 ms what the outbox has to send; off leaves both to wake-ups and notices, but for a look at the outbox with each renewal of its leases (for tests of those)',
  }),
  ONSALE_SAGA_SWEEP_MS: setting.int({ default: 1000, min: 10, about: 'milliseconds between looks for purchases that are overdue' }),
  ONSALE_SAGA_RETRY_AFTER_MS: setting.int({
    default: 5000,
    min: 10,
    about: 'a command without a reply is sent again after this, then less often',
  }),
  ONSALE_SAGA_FLAG_AFTER: setting.int({ default: 10, min: 1, about: 'after so many times the saga is flagged NEEDS_OPERATOR too' }),
};

/** The settings of the service. @throws ConfigError naming every wrong one; Error when the key file is not usable, or of development in production */
export const readSettings = (env: Env = process.env) => {
  const e = readConfig(
    { ...commonSettings, ...crashSettings, ...mysqlSettings, ...redisSettings, ...kafkaSettings, ...paymentSettings },
    env,
  );
  return {
    ...commonOf(e),
    crash: crashOf(e),
    mysql: mysqlOf(e),
    redisUrl: e.ONSALE_REDIS_URL,
    kafka: kafkaOf(e),
    chargeMinimum: e.ONSALE_CHARGE_MINIMUM,
    endsPolling: e.ONSALE_ENDS_POLLING,
    sagas: { sweepMs: e.ONSALE_SAGA_SWEEP_MS, retryAfterMs: e.ONSALE_SAGA_RETRY_AFTER_MS, flagAfter: e.ONSALE_SAGA_FLAG_AFTER },
  };
};

export type Settings = ReturnType<typeof readSettings>;
