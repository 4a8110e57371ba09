import { readConfig, sagaSettings, sagasOf, serviceOf, serviceSettings, setting, type Env } from '@onsale/shared/config';

const paymentSettings = {
  ONSALE_CHARGE_MINIMUM: setting.int({ default: 1000, min: 1, about: 'least points of a charge' }),
};

/** The settings of the service. @throws ConfigError naming every wrong one; Error when the key file is not usable, or of development in production */
export const readSettings = (env: Env = process.env) => {
  const e = readConfig({ ...serviceSettings, ...sagaSettings, ...paymentSettings }, env);
  return {
    ...serviceOf(e),
    chargeMinimum: e.ONSALE_CHARGE_MINIMUM,
    ...sagasOf(e),
  };
};

export type Settings = ReturnType<typeof readSettings>;
