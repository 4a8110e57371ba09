import { routes, type Owner } from '@onsale/contracts';
import { accessTokenKeys } from '@onsale/contracts/commerce';
import { createPrincipalSigner, createPrincipalVerifier, createQueueTokenCodec, type JSONWebKeySet } from '@onsale/shared/auth';
import { Refusal } from '@onsale/shared/errors';
import { systemClock } from '@onsale/shared/ids';
import { createService, type Service } from '@onsale/shared/lifecycle';
import { createLog } from '@onsale/shared/log';
import { createMetrics } from '@onsale/shared/metrics';
import { createRedis } from '@onsale/shared/redis';
import type { Settings } from './config.ts';
import { createGatewayApp } from './door/app.ts';
import { localAnswers } from './door/local-answers.ts';
import { answerParserErrors } from './door/parser-errors.ts';
import { createRouteTable } from './door/route-table.ts';
import { createGate } from './gate/gate.ts';
import { createTokenChecks } from './gate/token-checks.ts';
import { createAccessKeys } from './identity/access-keys.ts';
import { createAuthentication } from './identity/authenticate.ts';
import { createCookieAnswers } from './identity/cookie-answers.ts';
import { createCookies } from './identity/cookies.ts';
import { createCredentials } from './identity/credentials.ts';
import { createPrincipals } from './identity/principals.ts';
import { createLimits } from './limits/limits.ts';
import { createInternalCalls } from './upstream/internal-calls.ts';
import { createReplicas } from './upstream/replicas.ts';
import { createUpstream } from './upstream/upstream.ts';

const SERVICE = 'gateway';
/** Commerce reads them from memory. */
const KEYS_DEADLINE_MS = 1000;

/** What a test may put in the place of the real thing. */
const defaults = (settings: Settings) => ({
  clock: systemClock,
  monotonic: () => performance.now(),
  log: createLog({ service: SERVICE, level: settings.logLevel }),
  routes,
});
export type Overrides = Partial<ReturnType<typeof defaults>>;

const noKeys = (cause: unknown): Refusal =>
  new Refusal('UPSTREAM_UNAVAILABLE', 'Nobody can be signed in at the moment. Ask again.', { retryAfterSeconds: 2, cause });

/** Fails at the start rather than at every request when the two key files do not belong together. */
const assertKeysMatch = async ({ principalKey, principalPublicKeys }: Settings): Promise<void> => {
  const jwt = await createPrincipalSigner({ key: principalKey }).sign({ kind: 'gateway' });
  await createPrincipalVerifier({ keys: principalPublicKeys }).verify(jwt);
};

/** The gateway, wired by hand: engines, upstreams, checks, door. Nothing is started yet. @throws Error when the principal's keys do not match */
export const compose = async (settings: Settings, overrides: Overrides = {}): Promise<Service> => {
  const { clock, monotonic, log, routes } = { ...defaults(settings), ...overrides };
  const { namespace, breakerResetMs } = settings;
  const metrics = createMetrics({ service: SERVICE });
  await assertKeysMatch(settings);
  const redis = createRedis({ url: settings.redisUrl, name: SERVICE, log, pipelining: true });

  const replicasOf = (owner: Exclude<Owner, 'gateway'>) => createReplicas({ urls: settings.replicas[owner], monotonic });
  const replicas = {
    queue: replicasOf('queue'),
    reservation: replicasOf('reservation'),
    payment: replicasOf('payment'),
    commerce: replicasOf('commerce'),
  };
  const upstreamOf = (name: Exclude<Owner, 'gateway'>) =>
    createUpstream({ name, replicas: replicas[name], ...settings.upstream, breakerResetMs, log, metrics });
  const upstreams = {
    queue: upstreamOf('queue'),
    reservation: upstreamOf('reservation'),
    payment: upstreamOf('payment'),
    commerce: upstreamOf('commerce'),
  };

  const principals = createPrincipals({ signer: createPrincipalSigner({ key: settings.principalKey }), monotonic });
  const internal = { principals, connectMs: settings.upstream.connectMs };
  const queue = createInternalCalls({ ...internal, replicas: replicas.queue });
  const commerce = createInternalCalls({ ...internal, replicas: replicas.commerce, connections: 1 });

  const authentication = createAuthentication({
    clock,
    fetchKeys: async () => {
      try {
        return (await commerce.call(accessTokenKeys, { deadlineMs: KEYS_DEADLINE_MS })) as JSONWebKeySet;
      } catch (error) {
        throw noKeys(error);
      }
    },
  });
  const accessKeys = createAccessKeys({ authentication, log });
  const checks = createTokenChecks({ queue, ...settings.tokenChecks, breakerResetMs, monotonic, log, metrics });
  const codec = createQueueTokenCodec({ secrets: settings.queueTokenSecrets });
  const gate = createGate({ codec, checks });
  const { secureCookies: secure, corsOrigins } = settings;
  const cookies = createCookies({ secure, codec });
  const credentials = createCredentials({ cookies, origins: corsOrigins, secure });
  const { windowSeconds: seconds, member, address, signIn, deadlineMs } = settings.limits;
  const limits = createLimits({
    redis,
    namespace,
    policies: { member: { points: member, seconds }, address: { points: address, seconds }, 'sign-in': { points: signIn, seconds } },
    deadlineMs,
    breakerResetMs,
    log,
    metrics,
  });

  const app = createGatewayApp({
    table: createRouteTable(routes),
    credentials,
    cookieAnswers: createCookieAnswers(cookies),
    authentication,
    limits,
    gate,
    checks,
    principals,
    local: localAnswers({ authentication, checks }),
    upstreams,
    trustedProxies: settings.trustedProxies,
    corsOrigins,
    log,
    metrics,
  });

  return createService({
    name: SERVICE,
    settings: settings.listen,
    log,
    metrics,
    app,
    checks: { 'access-keys': accessKeys.check },
    parts: [accessKeys.part],
    close: [
      async () => Object.values(upstreams).forEach((upstream) => upstream.stop()),
      async () => [checks, limits].forEach((part) => part.stop()),
      () => Promise.all([queue.stop(), commerce.stop()]),
      async () => redis.disconnect(),
    ],
    prepare: (server) => {
      server.maxConnections = settings.maxConnections;
      answerParserErrors(server);
    },
  });
};
