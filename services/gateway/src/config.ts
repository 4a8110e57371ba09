import {
  commonSettings,
  ConfigError,
  listenOf,
  readConfig,
  readJwk,
  readJwks,
  readSecrets,
  redisSettings,
  setting,
  type Env,
} from '@onsale/shared/config';
import { z } from 'zod';
import { readForeignRoutes } from './foreign/foreign-routes-file.ts';
import { PROVIDER_ALGORITHMS, type ProviderAlgorithm } from './identity/provider-tokens.ts';
import { Origin } from './upstream/origin.ts';

const origins = (about: string) =>
  setting.list({ about }).pipe(z.array(Origin).min(1)).describe(`${about}: http(s)://host:port of each replica, comma separated`);

const isAlgorithm = (name: string): name is ProviderAlgorithm => (PROVIDER_ALGORITHMS as readonly string[]).includes(name);
const algorithms = setting
  .list({ default: PROVIDER_ALGORITHMS.join(','), about: '' })
  .refine((names) => names.length > 0 && names.every(isAlgorithm), `some of ${PROVIDER_ALGORITHMS.join(', ')}`)
  .transform((names) => names.filter(isAlgorithm))
  .describe('signatures that are taken');

/** A waiting room by itself takes the access tokens of the team that it stands in front of. */
const identitySettings = {
  ONSALE_IDENTITY_JWKS_URL: z
    .url({ protocol: /^https?$/ })
    .transform((text) => new URL(text))
    .optional()
    .describe("where your own identity provider has its public keys (JWKS); https in production. Without it members are commerce's"),
  ONSALE_IDENTITY_ISSUER: setting.optionalText({ about: '`iss` of its access tokens' }),
  ONSALE_IDENTITY_AUDIENCE: setting.optionalText({ about: '`aud` of its access tokens' }),
  ONSALE_IDENTITY_ALGORITHMS: algorithms,
  ONSALE_IDENTITY_MEMBER_CLAIM: setting.text({ default: 'sub', about: 'claim that names the member; `a.b` looks for b in a' }),
  ONSALE_IDENTITY_ROLE_CLAIM: setting.optionalText({ about: 'claim that tells operators; without it there are none' }),
  ONSALE_IDENTITY_OPERATOR_ROLE: setting.text({
    default: 'operator',
    about: 'what that claim says of an operator, by itself or in a list',
  }),
  ONSALE_IDENTITY_LANES_CLAIM: setting.optionalText({ about: "claim with the lanes that are a member's; without it there are none" }),
  ONSALE_IDENTITY_KEYS_MS: setting.int({ default: 2000, min: 1, max: 60_000, about: 'longest wait for those keys' }),
};

const limit = (about: string) => z.coerce.number().int().min(1).max(1_000_000_000).optional().describe(about);

/** Requests in a window. Development is wide enough for a load test from one address. */
const LIMITS = {
  production: { member: 600, address: 1200, signIn: 20 },
  development: { member: 10_000_000, address: 100_000_000, signIn: 10_000_000 },
} as const;

const gatewaySettings = {
  ONSALE_QUEUE_URLS: origins('the queue service'),
  ONSALE_RESERVATION_URLS: origins('the reservation service; without it there are no routes of it').optional(),
  ONSALE_PAYMENT_URLS: origins('the payment service; likewise').optional(),
  ONSALE_COMMERCE_URLS: origins('the commerce service; likewise, and members are those of an identity provider of your own').optional(),
  ONSALE_FOREIGN_ROUTES_FILE: setting.optionalText({
    about: 'file with the routes of a service of your own that stands behind the waiting room (services/queue/README.md)',
  }),
  ONSALE_PRINCIPAL_PRIVATE_KEY_FILE: setting.text({
    about: 'file with the private JWK that principals are signed with; only the gateway has it',
  }),
  ONSALE_QUEUE_TOKEN_SECRETS_FILE: setting.text({
    about: 'file with `[{kid, secret}]`, the same that the queue service signs its tokens with',
  }),
  ONSALE_TRUSTED_PROXIES: setting.list({
    default: '',
    about: 'addresses or CIDR ranges whose X-Forwarded-For is believed; none by default',
  }),
  ONSALE_CORS_ORIGINS: setting.list({
    default: '',
    about: 'exact origins whose pages may call the API, with cookies too; none by default',
  }),
  ONSALE_MAX_CONNECTIONS: setting.int({ default: 20_000, min: 1, about: 'connections of clients; beyond them new ones are closed' }),
  ONSALE_LIMIT_WINDOW_SECONDS: setting.int({ default: 60, min: 1, max: 86_400, about: 'window of the three rate limits' }),
  ONSALE_LIMIT_MEMBER: limit('requests of a member in a window; 600, and 10,000,000 in development'),
  ONSALE_LIMIT_ADDRESS: limit('requests of an address (IPv6: /64) without a member in a window; 1,200, and 100,000,000 in development'),
  ONSALE_LIMIT_SIGN_IN: limit('sign-ups and sign-ins of an address in a window, beside the limit above; 20, and 10,000,000 in development'),
  ONSALE_LIMITS_DEADLINE_MS: setting.int({
    default: 100,
    min: 1,
    about: 'longest wait for Redis, a second at most; then limits are counted in this process, and operators are refused',
  }),
  ONSALE_UPSTREAM_HEADERS_MS: setting.int({
    default: 11_000,
    min: 1,
    about:
      'longest wait for the first byte of an answer once the request is through, `Prefer: wait` (3 s unless the client says) apart: a second more than the services take',
  }),
  ONSALE_UPSTREAM_CONNECT_MS: setting.int({ default: 1000, min: 1, about: 'longest wait for a connection to a replica' }),
  ONSALE_UPSTREAM_IDLE_MS: setting.int({ default: 30_000, min: 1, about: 'longest silence within an answer' }),
  ONSALE_UPSTREAM_CONCURRENCY: setting.int({ default: 1024, min: 1, about: 'requests under way to one service; beyond them OVERLOADED' }),
  ONSALE_BREAKER_RESET_MS: setting.int({ default: 3000, min: 1, about: 'how long an open breaker refuses before it lets one request try' }),
  ONSALE_TOKEN_CHECK_MS: setting.int({ default: 1000, min: 1, about: 'deadline of a gathered token check, and of the wait for one' }),
  ONSALE_TOKEN_CHECKS_WAITING: setting.int({
    default: 10_000,
    min: 1,
    about: 'token checks that may wait for a call; beyond them OVERLOADED',
  }),
  ONSALE_MAX_STREAMS: setting.int({ default: 10_000, min: 0, about: 'open streams of this process; beyond them OVERLOADED' }),
  ONSALE_STREAMS_PER_MEMBER: setting.int({
    default: 5,
    min: 1,
    about: 'open streams of one member at this process; beyond them RATE_LIMITED',
  }),
  ONSALE_STREAM_HEARTBEAT_SECONDS: setting.int({
    default: 15,
    min: 1,
    about: 'silence after which a stream shows that it lives: less than the idle time of what stands between (nginx: 60 s)',
  }),
  ONSALE_STREAM_STALL_SECONDS: setting.int({ default: 10, min: 1, about: 'a reader that has not taken a message for so long is cut' }),
};

type Read = z.output<z.ZodObject<typeof identitySettings & typeof gatewaySettings>>;

/** Members are commerce's, or those of one identity provider: which of two a token came from must never be a question. */
const identityOf = (e: Read & { readonly ONSALE_MODE: 'production' | 'development' }) => {
  const { ONSALE_IDENTITY_JWKS_URL: jwksUrl, ONSALE_IDENTITY_ISSUER: issuer, ONSALE_IDENTITY_AUDIENCE: audience } = e;
  if (jwksUrl === undefined) {
    if (e.ONSALE_COMMERCE_URLS !== undefined) return undefined;
    throw new ConfigError(['ONSALE_COMMERCE_URLS or ONSALE_IDENTITY_JWKS_URL is required: members are known by the keys of one of them']);
  }
  const problems: string[] = [];
  if (issuer === undefined) problems.push('ONSALE_IDENTITY_ISSUER is required with ONSALE_IDENTITY_JWKS_URL');
  if (audience === undefined) problems.push('ONSALE_IDENTITY_AUDIENCE is required with ONSALE_IDENTITY_JWKS_URL');
  for (const name of ['ONSALE_RESERVATION_URLS', 'ONSALE_PAYMENT_URLS', 'ONSALE_COMMERCE_URLS'] as const)
    if (e[name] !== undefined) problems.push(`${name}: its members are those of commerce, and ONSALE_IDENTITY_JWKS_URL names others`);
  if (e.ONSALE_MODE === 'production' && jwksUrl.protocol !== 'https:')
    problems.push('ONSALE_IDENTITY_JWKS_URL: must be https in production, since whoever changes these keys is anybody');
  if (issuer === undefined || audience === undefined || problems.length > 0) throw new ConfigError(problems);
  return {
    jwksUrl,
    deadlineMs: e.ONSALE_IDENTITY_KEYS_MS,
    tokens: {
      issuer,
      audience,
      algorithms: e.ONSALE_IDENTITY_ALGORITHMS,
      memberClaim: e.ONSALE_IDENTITY_MEMBER_CLAIM,
      roleClaim: e.ONSALE_IDENTITY_ROLE_CLAIM,
      operatorRole: e.ONSALE_IDENTITY_OPERATOR_ROLE,
      lanesClaim: e.ONSALE_IDENTITY_LANES_CLAIM,
    },
  };
};

export type Settings = ReturnType<typeof readSettings>;

/** The settings of the gateway. @throws ConfigError naming every wrong one; Error when a key file is not usable, or of development in production */
export const readSettings = (env: Env = process.env) => {
  const e = readConfig({ ...commonSettings, ...redisSettings, ...identitySettings, ...gatewaySettings }, env);
  const limits = LIMITS[e.ONSALE_MODE];
  return {
    logLevel: e.ONSALE_LOG_LEVEL,
    namespace: e.ONSALE_NAMESPACE,
    listen: listenOf(e),
    maxConnections: e.ONSALE_MAX_CONNECTIONS,
    replicas: {
      queue: e.ONSALE_QUEUE_URLS,
      reservation: e.ONSALE_RESERVATION_URLS,
      payment: e.ONSALE_PAYMENT_URLS,
      commerce: e.ONSALE_COMMERCE_URLS,
    },
    identity: identityOf(e),
    foreignRoutes: e.ONSALE_FOREIGN_ROUTES_FILE === undefined ? [] : readForeignRoutes(e.ONSALE_FOREIGN_ROUTES_FILE),
    principalKey: readJwk(e.ONSALE_PRINCIPAL_PRIVATE_KEY_FILE, e.ONSALE_MODE),
    principalPublicKeys: readJwks(e.ONSALE_PRINCIPAL_PUBLIC_KEYS_FILE, e.ONSALE_MODE),
    queueTokenSecrets: readSecrets(e.ONSALE_QUEUE_TOKEN_SECRETS_FILE, e.ONSALE_MODE),
    redisUrl: e.ONSALE_REDIS_URL,
    trustedProxies: e.ONSALE_TRUSTED_PROXIES,
    corsOrigins: e.ONSALE_CORS_ORIGINS,
    /** A browser keeps and sends its credentials over HTTPS alone. */
    secureCookies: e.ONSALE_MODE === 'production',
    limits: {
      windowSeconds: e.ONSALE_LIMIT_WINDOW_SECONDS,
      member: e.ONSALE_LIMIT_MEMBER ?? limits.member,
      address: e.ONSALE_LIMIT_ADDRESS ?? limits.address,
      signIn: e.ONSALE_LIMIT_SIGN_IN ?? limits.signIn,
      deadlineMs: e.ONSALE_LIMITS_DEADLINE_MS,
    },
    upstream: {
      headersMs: e.ONSALE_UPSTREAM_HEADERS_MS,
      connectMs: e.ONSALE_UPSTREAM_CONNECT_MS,
      idleMs: e.ONSALE_UPSTREAM_IDLE_MS,
      concurrency: e.ONSALE_UPSTREAM_CONCURRENCY,
    },
    breakerResetMs: e.ONSALE_BREAKER_RESET_MS,
    streams: {
      most: e.ONSALE_MAX_STREAMS,
      mostOfMember: e.ONSALE_STREAMS_PER_MEMBER,
      heartbeatMs: e.ONSALE_STREAM_HEARTBEAT_SECONDS * 1000,
      stallMs: e.ONSALE_STREAM_STALL_SECONDS * 1000,
    },
    tokenChecks: { deadlineMs: e.ONSALE_TOKEN_CHECK_MS, waiting: e.ONSALE_TOKEN_CHECKS_WAITING },
  };
};
