import { createClient, type Client } from '@onsale/contracts';
import * as contract from '@onsale/contracts/queue';
import { createPrincipalSigner, createQueueTokenCodec, PRINCIPAL_HEADER, publicKeys, type Principal } from '@onsale/shared/auth';
import { newId } from '@onsale/shared/ids';
import { captureLog, newKey, testDatabase, testKafka, testRedis } from '@onsale/shared/testing';
import { compose } from '../compose.ts';
import type { Settings } from '../config.ts';
import { SETTINGS } from './build-queue.ts';

export { statusOf } from '@onsale/shared/testing';

export interface StartOptions {
  readonly settings?: Partial<Settings>;
  /** Without it the service runs without brokers. */
  readonly kafka?: boolean;
  /** Processes of the service on the same engines. */
  readonly replicas?: number;
}

/** The service on engines of its own, with a client for each kind of caller. Replicas are counted from 0. */
export const startQueue = async ({ settings = {}, kafka = false, replicas = 1 }: StartOptions = {}) => {
  const [database, engine] = await Promise.all([testDatabase({ migrations: new URL('../../migrations/', import.meta.url) }), testRedis()]);
  const { brokers, namespace } = kafka ? testKafka() : { brokers: [], namespace: 'test' };
  const captured = captureLog();
  const key = newKey('gateway');
  const tokenSecrets = [{ kid: 'test', secret: 's'.repeat(32) }];
  const composed: Settings = {
    mode: 'development',
    crash: undefined,
    auditDays: 400,
    logLevel: 'trace',
    namespace,
    listen: { host: '127.0.0.1', port: 0, opsPort: 0, drainMs: 1000 },
    principalKeys: publicKeys({ keys: [key] }),
    tokenSecrets,
    mysql: { url: database.url, poolSize: 10, acquireTimeoutMs: 3000, statementTimeoutMs: 3000, lockWaitSeconds: 3 },
    redisUrl: engine.url,
    kafka: { brokers, partitions: 2, replication: 1, sessionMs: 10_000 },
    tickMs: 50,
    queueDefaults: SETTINGS,
    capacityPerSeat: 1.1,
    journalDays: 30,
    ...settings,
  };
  const services = await Promise.all(Array.from({ length: replicas }, () => compose(composed, { log: captured.log })));
  const started = await Promise.all(services.map((service) => service.start()));

  const principals = createPrincipalSigner({ key });
  const codec = createQueueTokenCodec({ secrets: tokenSecrets });
  const clientOf = (principal: Principal, replica = 0): Client =>
    createClient({
      baseUrl: started[replica % replicas]!.url,
      fetch: async (input, init) => {
        const headers = new Headers(init?.headers);
        headers.set(PRINCIPAL_HEADER, await principals.sign(principal));
        return fetch(input, { ...init, headers });
      },
    });
  const person = (role: 'member' | 'operator') => ({ id: newId(), role, sessionId: newId() });
  const operatorPerson = person('operator');

  return {
    db: database.db,
    brokers,
    namespace,
    log: captured.log,
    logged: captured.lines,
    opsUrl: started[0]!.opsUrl,
    operatorId: operatorPerson.id,
    operator: clientOf({ kind: 'member', member: operatorPerson }),
    anonymous: (replica = 0) => clientOf({ kind: 'anonymous' }, replica),
    /** The gateway's look at tokens whose signature it has checked. */
    checks: async (...tokens: string[]) => {
      const gateway = clientOf({ kind: 'gateway' });
      const { results } = await gateway.call(contract.checkTokens, { body: { tokens: tokens.map((token) => codec.verify(token)!) } });
      return results;
    },
    /** A member; `holding` a token, as the gateway passes it on. */
    member: (member = person('member')) => ({
      id: member.id,
      client: (replica = 0) => clientOf({ kind: 'member', member }, replica),
      holding: (token: string, replica = 0) => {
        const { queueId, number, lane } = codec.verify(token)!;
        return clientOf({ kind: 'member', member, admission: { queueId, number, lane, status: 'ISSUED' } }, replica);
      },
    }),
    stop: async () => {
      await Promise.all(services.map((service) => service.stop()));
      await engine.stop();
      await database.drop();
    },
  };
};

export type StartedQueue = Awaited<ReturnType<typeof startQueue>>;
