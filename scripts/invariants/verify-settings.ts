import { parseArgs } from 'node:util';
import { ConfigError, readConfig, redisSettings, setting, type Env } from '@onsale/shared/config';
import { CannotGoOn } from '../engines/engines.ts';
import type { StoresOptions } from './stores.ts';

export interface VerifySettings {
  /** Named by settings; absent, it is the fleet that runs in this checkout. */
  readonly stores?: StoresOptions & { readonly kafkaBrokers?: string };
  /** A load client's journal. */
  readonly operations?: string;
  readonly healedAt?: Date;
  readonly sagaSeconds?: number;
  readonly messageSeconds?: number;
  readonly patienceMs?: number;
}

export const verifyUsage = `usage: npm run verify:invariants -- [--operations FILE] [--healed-at TIME] [--saga-seconds N] [--message-seconds N] [--patience SECONDS]
  --operations FILE      the journal that a load client wrote: adds what its clients were told (I6, I10, I12)
  --healed-at TIME       when the last fault was healed (RFC 3339): times of sagas, messages and holds count from then
  --saga-seconds N       how long a saga may take; 60 unless said here
  --message-seconds N    how long a message may be on its way; 30 unless said here
  --patience SECONDS     how long something may contradict a sentence about several stores before it counts; 10 unless said here
  stores other than those of npm start: ONSALE_PAYMENT_MYSQL_URL, ONSALE_RESERVATION_MYSQL_URL, ONSALE_QUEUE_MYSQL_URL, ONSALE_COMMERCE_MYSQL_URL (or each _FILE),
  ONSALE_REDIS_URL and ONSALE_NAMESPACE; ONSALE_KAFKA_BROKERS adds the sentence that is read from the topics`;

const schemas = {
  ONSALE_PAYMENT_MYSQL_URL: setting.text({ about: 'the schema of payment, by an account that may read it' }),
  ONSALE_RESERVATION_MYSQL_URL: setting.text({ about: 'the schema of reservation' }),
  ONSALE_QUEUE_MYSQL_URL: setting.text({ about: 'the schema of queue' }),
  ONSALE_COMMERCE_MYSQL_URL: setting.text({ about: 'the schema of commerce' }),
};

const others = {
  ONSALE_NAMESPACE: setting.text({ default: 'onsale', about: 'before the names of keys and topics' }),
  ONSALE_KAFKA_BROKERS: setting.optionalText({ about: 'host:port, comma separated; without them no topic is read' }),
};

const storesOf = (env: Env): VerifySettings['stores'] => {
  const isNamed = Object.keys(schemas).some((name) => env[name] !== undefined || env[`${name}_FILE`] !== undefined);
  if (!isNamed) return undefined;
  const read = readConfig({ ...schemas, ...redisSettings, ...others }, env);
  return {
    databases: {
      payment: read.ONSALE_PAYMENT_MYSQL_URL,
      reservation: read.ONSALE_RESERVATION_MYSQL_URL,
      queue: read.ONSALE_QUEUE_MYSQL_URL,
      commerce: read.ONSALE_COMMERCE_MYSQL_URL,
    },
    redisUrl: read.ONSALE_REDIS_URL,
    namespace: read.ONSALE_NAMESPACE,
    ...(read.ONSALE_KAFKA_BROKERS === undefined ? {} : { kafkaBrokers: read.ONSALE_KAFKA_BROKERS }),
  };
};

const seconds = (name: string, text: string): number => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 86_400) throw new RangeError(`--${name} is a whole number of seconds, up to a day`);
  return value;
};

const timeOf = (text: string): Date => {
  if (!/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(text) || Number.isNaN(Date.parse(text)))
    throw new RangeError('--healed-at is a time like 2026-01-31T12:00:00Z');
  return new Date(text);
};

/** @throws CannotGoOn with the usage when the arguments or the settings are not understood */
export const readVerifySettings = (args: string[], env: Env): VerifySettings => {
  try {
    const { values } = parseArgs({
      args,
      options: {
        operations: { type: 'string' },
        'healed-at': { type: 'string' },
        'saga-seconds': { type: 'string' },
        'message-seconds': { type: 'string' },
        patience: { type: 'string' },
      },
    });
    const { operations, patience, 'healed-at': healedAt, 'saga-seconds': saga, 'message-seconds': message } = values;
    const stores = storesOf(env);
    return {
      ...(stores === undefined ? {} : { stores }),
      ...(operations === undefined ? {} : { operations }),
      ...(healedAt === undefined ? {} : { healedAt: timeOf(healedAt) }),
      ...(saga === undefined ? {} : { sagaSeconds: seconds('saga-seconds', saga) }),
      ...(message === undefined ? {} : { messageSeconds: seconds('message-seconds', message) }),
      ...(patience === undefined ? {} : { patienceMs: seconds('patience', patience) * 1_000 }),
    };
  } catch (error) {
    if (error instanceof ConfigError) throw new CannotGoOn(error.message);
    throw new CannotGoOn(`${(error as Error).message}\n${verifyUsage}`);
  }
};
