import { randomBytes } from 'node:crypto';
import type { TokenCheck, TokenCheckResult } from '@onsale/contracts/queue';
import {
  createAccessTokenSigner,
  createPrincipalVerifier,
  createQueueTokenCodec,
  memberHash,
  PRINCIPAL_HEADER,
  publicKeys,
  type JWK,
  type Principal,
} from '@onsale/shared/auth';
import { newId, systemClock } from '@onsale/shared/ids';
import { captureLog, newKey, testRedis, type TestRedis } from '@onsale/shared/testing';
import { compose, type Overrides } from '../compose.ts';
import type { Settings } from '../config.ts';
import { caller, type Caller } from './caller.ts';
import { json, startStandIn, type Seen, type StandIn } from './stand-in.ts';

export interface SignedIn {
  readonly id: string;
  readonly sessionId: string;
  readonly accessToken: string;
}

type Waiting = (token: TokenCheck) => TokenCheckResult;
type Owner = keyof Settings['replicas'];

const settingsOf = (redisUrl: string, standIns: Record<Owner, StandIn>, principalKey: JWK): Settings => ({
  logLevel: 'trace',
  namespace: `test-${randomBytes(6).toString('hex')}`,
  listen: { host: '127.0.0.1', port: 0, opsPort: 0, drainMs: 2000 },
  maxConnections: 1000,
  replicas: {
    queue: [standIns.queue.url],
    reservation: [standIns.reservation.url],
    payment: [standIns.payment.url],
    commerce: [standIns.commerce.url],
  },
  identity: undefined,
  foreignRoutes: [],
  principalKey,
  principalPublicKeys: publicKeys({ keys: [principalKey] }),
  queueTokenSecrets: [{ kid: 'k', secret: 's'.repeat(32) }],
  redisUrl,
  trustedProxies: ['127.0.0.1'],
  corsOrigins: [],
  secureCookies: true,
  limits: { windowSeconds: 60, member: 100_000, address: 100_000, signIn: 100_000, deadlineMs: 10_000 },
  upstream: { headersMs: 5000, connectMs: 1000, idleMs: 10_000, concurrency: 100 },
  breakerResetMs: 100,
  tokenChecks: { deadlineMs: 2000, waiting: 1000 },
  streams: { most: 1000, mostOfMember: 5, heartbeatMs: 15_000, stallMs: 10_000 },
});

/** What commerce's stand-in says of the popular products, which the gateway keeps: such an answer has to be one. */
export const NONE_POPULAR = { since: '2030-01-10T12:00:00.000Z', items: [] };

export interface FleetOptions {
  readonly settings?: (settings: Settings) => Settings;
  readonly overrides?: Overrides;
}

/** A gateway as it is composed in production, on a real Redis, before stand-ins for its four services. */
export const startFleet = async ({ settings = (as) => as, overrides = {} }: FleetOptions = {}) => {
  const redis: TestRedis = await testRedis();
  const [queue, reservation, payment, commerce] = await Promise.all([startStandIn(), startStandIn(), startStandIn(), startStandIn()]);
  const standIns: Record<Owner, StandIn> = { queue, reservation, payment, commerce };
  const accessKeys = { keys: [newKey('access')] };
  const principalKey = newKey('principal');
  const used = settings(settingsOf(redis.url, standIns, principalKey));
  const captured = captureLog();

  const line = { says: ((): TokenCheckResult => ({ status: 'WAITING', position: 1, pollAfterMs: 1500 })) as Waiting };
  queue.answers((seen, res) => {
    if (seen.url !== '/internal/tokens/check') return json(res, 200, { by: 'queue' });
    const { tokens } = JSON.parse(seen.body) as { tokens: TokenCheck[] };
    return json(res, 200, { results: tokens.map((token) => line.says(token)) });
  });
  const ofCommerce: Readonly<Record<string, object>> = {
    '/internal/jwks': publicKeys(accessKeys),
    '/api/v1/products/popular': NONE_POPULAR,
  };
  commerce.answers((seen, res) => json(res, 200, ofCommerce[seen.url] ?? { by: 'commerce' }));
  reservation.answers((_seen, res) => json(res, 200, { by: 'reservation' }));
  payment.answers((_seen, res) => json(res, 200, { by: 'payment' }));

  const service = await compose(used, { log: captured.log, ...overrides });
  const { url, opsUrl } = await service.start();
  const calls: Caller = caller(url);
  const codec = createQueueTokenCodec({ secrets: used.queueTokenSecrets });
  const signerOf = (lifeSeconds: number) => createAccessTokenSigner({ keys: accessKeys, clock: systemClock, lifeSeconds });
  const verifier = createPrincipalVerifier({ keys: used.principalPublicKeys });
  let numbers = 0;
  let stopped: Promise<void> | undefined;
  const stopGateway = (): Promise<void> => (stopped ??= service.stop());

  return {
    ...standIns,
    standIns,
    settings: used,
    redis: redis.redis,
    url,
    opsUrl,
    logged: captured,
    call: calls.call,
    /** How many requests of clients have reached a service. */
    reached: (): number =>
      Object.values(standIns).reduce((sum, { seen }) => sum + seen.filter(({ url }) => url.startsWith('/api/')).length, 0),
    /** What the queue says of every token from now on. */
    queueSays: (says: Waiting): void => {
      line.says = says;
    },
    checks: (): Seen[] => queue.seen.filter((seen) => seen.url === '/internal/tokens/check'),
    signIn: async (role: 'member' | 'operator' = 'member', { lifeSeconds = 600 } = {}): Promise<SignedIn> => {
      const [id, sessionId] = [newId(), newId()];
      return { id, sessionId, accessToken: await signerOf(lifeSeconds).sign({ memberId: id, role, sessionId }) };
    },
    /** Another access token of the same session. */
    renewed: ({ id, sessionId }: SignedIn): Promise<string> => signerOf(601).sign({ memberId: id, role: 'member', sessionId }),
    tokenFor: (member: Pick<SignedIn, 'id'>, queueId = 'main', { issuedAt = 1 }: { issuedAt?: number } = {}): string =>
      codec.sign({ queueId, epoch: 1, number: ++numbers, lane: 'standard', member: memberHash(member.id), issuedAt }),
    principalOf: (seen: Seen): Promise<Principal> => verifier.verify(seen.headers[PRINCIPAL_HEADER] as string | undefined),
    /** The gateway alone. */
    stopGateway,
    stop: async (): Promise<void> => {
      calls.stop();
      await stopGateway();
      await Promise.all(Object.values(standIns).map((standIn) => standIn.stop()));
      await redis.stop();
    },
  };
};

export type Fleet = Awaited<ReturnType<typeof startFleet>>;

/** Headers of a member who asks, with a queue token where one is given. */
export const as = ({ accessToken }: Pick<SignedIn, 'accessToken'>, queueToken?: string): Record<string, string> => ({
  authorization: `Bearer ${accessToken}`,
  ...(queueToken === undefined ? {} : { 'queue-token': queueToken }),
});
