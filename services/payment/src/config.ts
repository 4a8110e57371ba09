import {
  auditSettings,
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
  sagaSettings,
  sagasOf,
  setting,
  type Env,
} from '@onsale/shared/config';

const paymentSettings = {
  ONSALE_CHARGE_MINIMUM: setting.int({ default: 1000, min: 1, about: 'least points of a charge' }),
};

/** The settings of the service. @throws ConfigError naming every wrong one; Error when the key file is not usable, or of development in production */
export const readSettings = (env: Env = process.env) => {
  const e = readConfig(
    {
      ...commonSettings,
      ...crashSettings,
      ...auditSettings,
      ...mysqlSettings,
      ...redisSettings,
      ...kafkaSettings,
      ...sagaSettings,
      ...paymentSettings,
    },
    env,
  );
  return {
    ...commonOf(e),
    crash: crashOf(e),
    auditDays: e.ONSALE_AUDIT_DAYS,
    mysql: mysqlOf(e),
    redisUrl: e.ONSALE_REDIS_URL,
    kafka: kafkaOf(e),
    chargeMinimum: e.ONSALE_CHARGE_MINIMUM,
    ...sagasOf(e),
  };
};

export type Settings = ReturnType<typeof readSettings>;
