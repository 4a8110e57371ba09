import { routes, type RouteSpec } from '@onsale/contracts';
import { accessTokenKeys, issueCoupons } from '@onsale/contracts/commerce';
import { issueTokens } from '@onsale/contracts/queue';
import {
  createPrincipalSigner,
  createPrincipalVerifier,
  createQueueTokenCodec,
  endedSessions,
  type JSONWebKeySet,
} from '@onsale/shared/auth';
import { Refusal } from '@onsale/shared/errors';
import { systemClock } from '@onsale/shared/ids';
import { createService, type Service } from '@onsale/shared/lifecycle';
import { createLog } from '@onsale/shared/log';
import { createMetrics } from '@onsale/shared/metrics';
import { createNotices, createRedis } from '@onsale/shared/redis';
import type { Settings } from './config.ts';
import { createGatewayApp } from './door/app.ts';
import { hotAnswers } from './door/hot-answers.ts';
import { localAnswers } from './door/local-answers.ts';
import { createPopularAnswer, POPULAR_TRY_MS } from './door/popular-answer.ts';
import { answerParserErrors } from './door/parser-errors.ts';
import { createRouteTable, inTurn } from './door/route-table.ts';
import { createStatusAnswer } from './door/status-answer.ts';
import { createUpgrades } from './door/upgrades.ts';
import { createForeignServices } from './foreign/foreign-services.ts';
import { createGate, createTokenReader } from './gate/gate.ts';
import { createShowHeld } from './gate/show-held.ts';
import { createTokenChecks } from './gate/token-checks.ts';
import { createAccessKeys } from './identity/access-keys.ts';
import { createAuthentication } from './identity/authenticate.ts';
import { createCookieAnswers } from './identity/cookie-answers.ts';
import { createCookies } from './identity/cookies.ts';
import { createCredentials } from './identity/credentials.ts';
import { createPrincipals } from './identity/principals.ts';
import { createProviderKeys } from './identity/provider-keys.ts';
import { providerTokens } from './identity/provider-tokens.ts';
import { createLimits } from './limits/limits.ts';
import { createHub } from './push/hub.ts';
import { streamAnswers } from './push/stream-answers.ts';
import { createGatheredCalls, GATHERED_CONNECTIONS, GATHERED_TRY_MS } from './upstream/gathered-calls.ts';
import { createInternalCalls, type InternalCalls } from './upstream/internal-calls.ts';
import { createReplicas, type Replicas } from './upstream/replicas.ts';
import { createUpstream } from './upstream/upstream.ts';
import { composeWaitingRoom } from './waiting-room/compose-waiting-room.ts';

const SERVICE = 'gateway';
/** Commerce reads them from memory. */
const KEYS_DEADLINE_MS = 1000;
/** What pages of the waiting room have under way to one service: what is more than a crowd signs in at once is told to wait. */
const PAGE_CALLS = { connections: 32, most: 256 };

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

/** The services that are there: those without a URL are not. */
const replicasOf = ({ replicas }: Settings, monotonic: () => number) => {
  const given = Object.entries(replicas).flatMap(([owner, urls]) =>
    urls === undefined ? [] : [[owner, createReplicas({ urls, monotonic })]],
  );
  return Object.fromEntries(given) as { readonly queue: Replicas } & Partial<Record<keyof Settings['replicas'], Replicas>>;
};

const routesOf = (all: Readonly<Record<string, RouteSpec>>, owners: object): Record<string, RouteSpec> =>
  Object.fromEntries(Object.entries(all).filter(([, { owner }]) => owner === 'gateway' || owner in owners));

interface FetchingKeys {
  readonly settings: Settings;
  readonly commerce: InternalCalls | undefined;
  readonly monotonic: () => number;
}

/** The keys of access tokens: commerce's, unless the members are those of an identity provider. */
const fetchingKeys = ({ settings: { identity }, commerce, monotonic }: FetchingKeys) => {
  const ofProvider =
    identity &&
    createProviderKeys({ url: identity.jwksUrl, algorithms: identity.tokens.algorithms, deadlineMs: identity.deadlineMs, monotonic });
  return async (): Promise<JSONWebKeySet> => {
    try {
      if (ofProvider !== undefined) return await ofProvider();
      if (commerce === undefined) throw new Error('nobody knows the members');
      return (await commerce.call(accessTokenKeys, { deadlineMs: KEYS_DEADLINE_MS })) as JSONWebKeySet;
    } catch (error) {
      throw noKeys(error);
    }
  };
};

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
  const redis = createRedis({ url: settings.redisUrl, name: SERVICE, log });

  const upstreamOptions = { ...settings.upstream, breakerResetMs, log, metrics };
  const replicas = replicasOf(settings, monotonic);
  const upstreams = Object.fromEntries(
    Object.entries(replicas).map(([name, of]) => [name, createUpstream({ ...upstreamOptions, name, replicas: of })]),
  );
  const foreign = createForeignServices({ routes: settings.foreignRoutes, key: settings.principalKey, monotonic, upstreamOptions });

  const principals = createPrincipals({ signer: createPrincipalSigner({ key: settings.principalKey }), monotonic });
  const internal = { principals, connectMs: settings.upstream.connectMs };
  const queue = createInternalCalls({ ...internal, replicas: replicas.queue });
  const forGathered = { ...internal, connections: GATHERED_CONNECTIONS, firstTryMs: GATHERED_TRY_MS, most: settings.upstream.concurrency };
  const forNumbers = createInternalCalls({ ...forGathered, replicas: replicas.queue });
  const forCoupons = replicas.commerce && createInternalCalls({ ...forGathered, replicas: replicas.commerce });
  const commerce = replicas.commerce && createInternalCalls({ ...internal, replicas: replicas.commerce, connections: 1 });
  const forPopular =
    replicas.commerce && createInternalCalls({ ...internal, replicas: replicas.commerce, connections: 1, firstTryMs: POPULAR_TRY_MS });
  const forPages = {
    queue: createInternalCalls({ ...internal, ...PAGE_CALLS, replicas: replicas.queue }),
    // where members are those of an identity provider, they sign in there
    commerce:
      settings.identity === undefined && replicas.commerce !== undefined
        ? createInternalCalls({ ...internal, ...PAGE_CALLS, replicas: replicas.commerce })
        : undefined,
  };

  const authentication = createAuthentication({
    clock,
    rules: settings.identity && providerTokens(settings.identity.tokens),
    fetchKeys: fetchingKeys({ settings, commerce, monotonic }),
  });
  const accessKeys = createAccessKeys({ authentication, log });
  const checks = createTokenChecks({ queue, ...settings.tokenChecks, breakerResetMs, monotonic, log, metrics });
  const { headersMs } = settings.upstream;
  const gathered = { deadlineMs: headersMs, waiting: settings.tokenChecks.waiting, breakerResetMs, monotonic, log, metrics };
  const numbers = createGatheredCalls({
    ...gathered,
    name: 'numbers',
    route: issueTokens,
    calls: forNumbers,
    keyOf: ({ queueId }) => queueId,
    what: 'The waiting room',
  });
  const coupons =
    forCoupons &&
    createGatheredCalls({ ...gathered, name: 'coupons', route: issueCoupons, calls: forCoupons, keyOf: ({ couponId }) => couponId });
  const codec = createQueueTokenCodec({ secrets: settings.queueTokenSecrets });
  const readToken = createTokenReader(codec);
  const gate = createGate({ readToken, checks });
  const showHeld = createShowHeld({ readToken, checks });
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

  const notices = createNotices({ redis, namespace, log });
  const hub = createHub({
    checks,
    notices,
    sessions: endedSessions({ redis, namespace }),
    ...settings.streams,
    clock,
    monotonic,
    log,
    metrics,
  });
  const table = createRouteTable(routesOf(routes, upstreams));
  const upgrades = createUpgrades({ table });

  const waitingRoom = composeWaitingRoom({
    credentials,
    authentication,
    limits,
    cookies,
    readToken,
    checks,
    showHeld,
    ...forPages,
    deadlineMs: headersMs,
    clock,
    monotonic,
    log,
  });

  const hot = hotAnswers({ answerStatus: createStatusAnswer({ checks }), numbers, coupons });
  const app = createGatewayApp({
    waitingRoom,
    table: inTurn(table, foreign.table),
    credentials,
    cookieAnswers: createCookieAnswers(cookies),
    authentication,
    limits,
    gate,
    showHeld,
    readToken,
    checks,
    hot,
    principals,
    local: localAnswers({
      authentication,
      hot,
      streams: streamAnswers({ hub, checks, upgrades, monotonic }),
      popular: forPopular && createPopularAnswer({ commerce: forPopular, monotonic }),
    }),
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
    parts: [accessKeys.part, ...hub.parts, notices],
    close: [
      async () => Object.values(upstreams).forEach((upstream) => upstream.stop()),
      async () => foreign.stop(),
      async () => [checks, numbers, coupons, limits].forEach((part) => part?.stop()),
      () =>
        Promise.all([
          queue.stop(),
          forNumbers.stop(),
          forCoupons?.stop(),
          commerce?.stop(),
          forPopular?.stop(),
          forPages.queue.stop(),
          forPages.commerce?.stop(),
        ]),
      async () => redis.disconnect(),
    ],
    prepare: (server) => {
      server.maxConnections = settings.maxConnections;
      answerParserErrors(server);
      upgrades.attach(server, app);
    },
  });
};
