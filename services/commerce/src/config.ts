import { availableParallelism } from 'node:os';
import type { JSONWebKeySet } from '@onsale/shared/auth';
import {
  ConfigError,
  mysqlOf,
  mysqlSettings,
  readConfig,
  readJwks,
  sagaSettings,
  sagasOf,
  serviceOf,
  serviceSettings,
  setting,
  type Env,
} from '@onsale/shared/config';
import { z } from 'zod';

/** OWASP argon2id parameters take 19 MiB and a core each; one core is left to the requests, and a thread of libuv's four to everything else. */
const HASHES_AT_ONCE = Math.max(1, Math.min(3, availableParallelism() - 1));

const commerceSettings = {
  ONSALE_ACCESS_PRIVATE_KEYS_FILE: setting.text({
    about:
      'file with a JWKS of private Ed25519 keys, shared by all replicas: the first signs access tokens, the public halves of all are published',
  }),
  ONSALE_ACCESS_TOKEN_SECONDS: setting.int({
    default: 600,
    min: 1,
    max: 600,
    about: 'life of an access token; the deny-list of ended sessions outlives 600 s, so it is the most',
  }),
  ONSALE_REFRESH_TOKEN_SECONDS: setting.int({ default: 2_592_000, min: 1, about: 'life of a refresh token, from its issue: 30 days' }),
  ONSALE_REFRESH_GRACE_MS: setting.int({
    default: 10_000,
    about: 'how long after its first use a refresh token still gets a sibling (two tabs, a lost answer); used later, it ends its session',
  }),
  ONSALE_PASSWORD_HASHES_AT_ONCE: setting.int({
    default: HASHES_AT_ONCE,
    min: 1,
    max: 64,
    about: 'argon2id computations at a time, 19 MiB and a core each; by default one less than the cores, 1 to 3',
  }),
  ONSALE_PASSWORD_HASHES_WAITING: setting.int({
    default: 50,
    about: 'sign-ins and sign-ups that may wait for one, 35 to 80 ms each; beyond them OVERLOADED',
  }),
  ONSALE_SIGN_IN_FAILURES: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe('sign-ins of one account that may fail in a window before RATE_LIMITED; 10, and 100,000 in development'),
  ONSALE_SIGN_IN_WINDOW_SECONDS: setting.int({ default: 300, min: 1, about: 'that window' }),
  ONSALE_COUPON_PENDING_MS: setting.int({
    default: 15_000,
    min: 100,
    max: 600_000,
    about:
      'how long a coupon may be promised by Redis and not written to the database before it is given back: longer than a request takes',
  }),
  ONSALE_EXPORT_HOURS: setting.int({ default: 24, min: 1, about: 'how long a member can read what was gathered of it' }),
  ONSALE_EXPORT_ROWS: setting.int({
    default: 2000,
    min: 1,
    max: 10_000,
    about: 'newest rows of each kind that an export has, some 300 bytes each; it says where there are more',
  }),
  ONSALE_ORDER_PAY_WITHIN_SECONDS: setting.int({
    default: 300,
    min: 1,
    max: 86_400,
    about: 'an order that is not paid for so long, as payment or Kafka is away, is taken back',
  }),
  ONSALE_ORDER_EXPIRY_MS: setting.int({ default: 1000, min: 10, about: 'milliseconds between looks for orders whose time is over' }),
};

const PrivateKey = z.looseObject({
  kid: z.string().min(1),
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  d: z.string(),
});
const PrivateKeys = z.object({ keys: z.array(PrivateKey).min(1) });

/** What `readJwks` lets through, if it is also made of private Ed25519 keys. */
const readPrivateKeys = (file: string, mode: 'production' | 'development'): JSONWebKeySet => {
  const read = PrivateKeys.safeParse(readJwks(file, mode));
  if (!read.success) throw new ConfigError([`ONSALE_ACCESS_PRIVATE_KEYS_FILE: ${file} must hold private Ed25519 keys, each with its kid`]);
  return read.data;
};

export type Settings = ReturnType<typeof readSettings>;

/** The settings of the service. @throws ConfigError naming every wrong one; Error when a key file is not usable, or of development in production */
export const readSettings = (env: Env = process.env) => {
  const e = readConfig({ ...serviceSettings, ...sagaSettings, ...commerceSettings }, env);
  return {
    ...serviceOf(e),
    ...sagasOf(e),
    orders: { payWithinMs: e.ONSALE_ORDER_PAY_WITHIN_SECONDS * 1000, expireEveryMs: e.ONSALE_ORDER_EXPIRY_MS },
    accessKeys: readPrivateKeys(e.ONSALE_ACCESS_PRIVATE_KEYS_FILE, e.ONSALE_MODE),
    accessLifeSeconds: e.ONSALE_ACCESS_TOKEN_SECONDS,
    refreshLifeSeconds: e.ONSALE_REFRESH_TOKEN_SECONDS,
    refreshGraceMs: e.ONSALE_REFRESH_GRACE_MS,
    couponPendingMs: e.ONSALE_COUPON_PENDING_MS,
    passwordHashes: { atOnce: e.ONSALE_PASSWORD_HASHES_AT_ONCE, waiting: e.ONSALE_PASSWORD_HASHES_WAITING },
    exports: { lifeSeconds: e.ONSALE_EXPORT_HOURS * 3600, most: e.ONSALE_EXPORT_ROWS },
    signIns: {
      failures: e.ONSALE_SIGN_IN_FAILURES ?? (e.ONSALE_MODE === 'development' ? 100_000 : 10),
      windowSeconds: e.ONSALE_SIGN_IN_WINDOW_SECONDS,
    },
  };
};

/** What the command that makes an operator needs: the database alone. @throws ConfigError */
export const readOperatorSettings = (env: Env = process.env) => ({ mysql: mysqlOf(readConfig(mysqlSettings, env)) });
