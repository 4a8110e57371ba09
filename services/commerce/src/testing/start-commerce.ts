import { createClient } from '@onsale/contracts';
import * as contract from '@onsale/contracts/commerce';
import {
  createAccessTokenVerifier,
  createPrincipalSigner,
  endedSessions,
  PRINCIPAL_HEADER,
  publicKeys,
  type Admission,
  type Member,
  type Principal,
} from '@onsale/shared/auth';
import { newId, systemClock } from '@onsale/shared/ids';
import { captureLog, newKey, testDatabase, testKafka, testRedis } from '@onsale/shared/testing';
import { compose, type Overrides } from '../compose.ts';
import type { Settings } from '../config.ts';

export { statusOf, tally } from '@onsale/shared/testing';

export interface StartOptions {
  readonly settings?: Partial<Settings>;
  /** What differs of the settings of its database. */
  readonly mysql?: Partial<Settings['mysql']>;
  readonly overrides?: Overrides;
  /** Puts something between the service and its Redis. */
  readonly redisUrlOf?: (url: string) => Promise<string>;
}

/** The service on engines of its own, with a client for each kind of caller and a look into its stores. */
export const startCommerce = async ({ settings = {}, mysql = {}, overrides = {}, redisUrlOf = async (url) => url }: StartOptions = {}) => {
  const database = await testDatabase({ migrations: new URL('../../migrations/', import.meta.url) });
  const engine = await testRedis();
  const captured = captureLog();
  const gatewayKey = newKey('gateway');
  const accessKeys = { keys: [newKey('access-2'), newKey('access-1')] };
  const kafka = testKafka();
  const { namespace } = kafka;
  const service = await compose(
    {
      mode: 'development',
      logLevel: 'trace',
      namespace,
      listen: { host: '127.0.0.1', port: 0, opsPort: 0, drainMs: 1000 },
      principalKeys: publicKeys({ keys: [gatewayKey] }),
      mysql: { url: database.url, poolSize: 10, acquireTimeoutMs: 3000, statementTimeoutMs: 3000, lockWaitSeconds: 3, ...mysql },
      redisUrl: await redisUrlOf(engine.url),
      crash: undefined,
      auditDays: 400,
      kafka: { brokers: kafka.brokers, partitions: 3, replication: 1, sessionMs: 10_000 },
      endsPolling: true,
      sagas: { sweepMs: 1000, retryAfterMs: 15_000, flagAfter: 10 },
      orders: { payWithinMs: 60_000, expireEveryMs: 100 },
      accessKeys,
      accessLifeSeconds: 600,
      refreshLifeSeconds: 3600,
      refreshGraceMs: 10_000,
      couponPendingMs: 15_000,
      passwordHashes: { atOnce: 2, waiting: 100 },
      exports: { lifeSeconds: 3600, most: 3 },
      signIns: { failures: 1000, windowSeconds: 60 },
      ...settings,
    },
    { log: captured.log, announceEveryMs: 50, ...overrides },
  );
  const { url, opsUrl } = await service.start();

  const principals = createPrincipalSigner({ key: gatewayKey });
  const clientOf = (principal: Principal) =>
    createClient({
      baseUrl: url,
      fetch: async (input, init) => {
        const headers = new Headers(init?.headers);
        headers.set(PRINCIPAL_HEADER, await principals.sign(principal));
        return fetch(input, { ...init, headers });
      },
    });
  const anonymous = clientOf({ kind: 'anonymous' });
  const operatorId = newId();
  const gateway = clientOf({ kind: 'gateway' });
  const accessTokens = createAccessTokenVerifier({ fetchKeys: () => gateway.call(contract.accessTokenKeys), clock: systemClock });

  let members = 0;

  return {
    url,
    opsUrl,
    namespace,
    db: database.db,
    databaseUrl: database.url,
    redis: engine.redis,
    log: captured,
    accessKeys,
    accessTokens,
    anonymous,
    gateway,
    operatorId,
    operator: clientOf({ kind: 'member', member: { id: operatorId, role: 'operator', sessionId: newId() } }),
    /** A member who has signed up, with what they sign in with. */
    newMember: async (given: { email?: string; password?: string } = {}) => {
      const { email = `member-${++members}@example.com`, password = 'a password of a member' } = given;
      const member = await anonymous.call(contract.signUp, { body: { email, password, name: 'Ada' } });
      return { ...member, password };
    },
    signIn: async ({ email, password }: { email: string; password: string }) =>
      contract.tokensOf(await anonymous.call(contract.signIn, { body: { email, password } })),
    refresh: async (refreshToken: string) => {
      const { body, ...answer } = await anonymous.answer(contract.refreshSession, { body: { refreshToken } });
      return { ...answer, body: contract.tokensOf(body) };
    },
    /** A client with the member of an access token, as the gateway would let it in. */
    as: async (accessToken: string) => {
      const { memberId, role, sessionId } = await accessTokens.verify(accessToken);
      return clientOf({ kind: 'member', member: { id: memberId, role, sessionId } });
    },
    asMember: (member: Member, admission?: Admission) => clientOf({ kind: 'member', member, ...(admission && { admission }) }),
    isDenied: (sessionId: string) => endedSessions({ redis: engine.redis, namespace }).has(sessionId),
    metric: async (name: string): Promise<number> => {
      const text = await (await fetch(`${opsUrl}/metrics`)).text();
      const line = text.split('\n').find((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
      return Number(line?.split(' ').at(-1) ?? Number.NaN);
    },
    stop: async () => {
      await service.stop();
      await engine.stop();
      await database.drop();
    },
  };
};

export type Commerce = Awaited<ReturnType<typeof startCommerce>>;
