import { CallProblem, createClient } from '@onsale/contracts';
import * as contract from '@onsale/contracts/payment';
import { createPrincipalSigner, PRINCIPAL_HEADER } from '@onsale/shared/auth';
import { inTransaction } from '@onsale/shared/db';
import { newId, systemClock } from '@onsale/shared/ids';
import { createMetrics } from '@onsale/shared/metrics';
import { captureLog, testDatabase, testKafka, testRedis } from '@onsale/shared/testing';
import { generateKeyPairSync } from 'node:crypto';
import { compose } from '../compose.ts';
import type { Settings } from '../config.ts';
import { postTransfer } from '../ledger/post-transfer.ts';
import { startCounterparts } from './counterparts.ts';

/** How a request ended: `201`, `202`, or `402 INSUFFICIENT_POINTS`; with what it was answered. */
export interface Outcome<B> {
  readonly is: string;
  readonly body: B | undefined;
  readonly problem: Readonly<Record<string, unknown>> | undefined;
  readonly headers: Headers;
}

/** How often each outcome came. */
export const tally = (outcomes: readonly Outcome<unknown>[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { is } of outcomes) counts[is] = (counts[is] ?? 0) + 1;
  return counts;
};

const outcomeOf = async <B>(answer: Promise<{ status: number; body: B; headers: Headers }>): Promise<Outcome<B>> => {
  try {
    const { status, body, headers } = await answer;
    return { is: String(status), body, problem: undefined, headers };
  } catch (error) {
    if (!(error instanceof CallProblem)) throw error;
    return { is: `${error.status} ${error.code}`, body: undefined, problem: error.problem, headers: error.headers };
  }
};

const keyPair = () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const named = { kid: 'dev-spec', alg: 'EdDSA' };
  return {
    publicKeys: { keys: [{ ...publicKey.export({ format: 'jwk' }), ...named }] },
    privateKey: { ...privateKey.export({ format: 'jwk' }), ...named },
  };
};

interface Options {
  readonly replicas?: number;
  readonly settings?: Partial<Settings>;
}

const start = async ({ replicas = 1, settings = {} }: Options, ending: AsyncDisposableStack) => {
  const database = await testDatabase({ migrations: new URL('../../migrations/', import.meta.url) });
  ending.defer(() => database.drop());
  const redis = await testRedis();
  ending.defer(() => redis.stop());
  const kafka = testKafka();
  const { publicKeys, privateKey } = keyPair();
  const log = captureLog();
  const post = postTransfer({ newId, clock: systemClock });

  const metrics = Array.from({ length: replicas }, () => createMetrics({ service: 'payment', defaults: false }));
  const services = metrics.map((metrics) =>
    compose(
      {
        mode: 'development',
        logLevel: 'info',
        namespace: kafka.namespace,
        listen: { host: '127.0.0.1', port: 0, opsPort: 0, drainMs: 5000 },
        principalKeys: publicKeys,
        // hundreds of callers at once may have to wait longer for a connection than a request would
        mysql: { url: database.url, poolSize: 10, acquireTimeoutMs: 20_000, statementTimeoutMs: 3000, lockWaitSeconds: 3 },
        redisUrl: redis.url,
        kafka: { brokers: kafka.brokers, partitions: 3, replication: 1 },
        chargeMinimum: 1000,
        endsPolling: true,
        sagas: { sweepMs: 1000, retryAfterMs: 5000 },
        ...settings,
      },
      { log: log.log, metrics },
    ),
  );
  const counterparts = await startCounterparts(kafka, ending);
  const urls: string[] = [];
  for (const service of services) {
    ending.defer(() => service.stop());
    urls.push((await service.start()).url);
  }

  const principals = createPrincipalSigner({ key: privateKey });
  /** A signed-in member who came by a queue, talking to one of the replicas. */
  const member = (id = newId(), replica = 0) => {
    const principal = principals.sign({
      kind: 'member',
      member: { id, role: 'member', sessionId: newId() },
      admission: { queueId: 'tonight', number: 1, status: 'ADMITTED' },
    });
    const client = createClient({ baseUrl: urls[replica] ?? '' });
    const headers = async () => ({ [PRINCIPAL_HEADER]: await principal });
    return {
      id,
      charges: async (amount: number, key = newId()) =>
        outcomeOf(client.answer(contract.chargeWallet, { body: { amount }, idempotencyKey: key, headers: await headers() })),
      pays: async (reservationId: string, { key = newId(), prefer = 'wait=10' }: { key?: string; prefer?: string } = {}) =>
        outcomeOf(client.answer(contract.pay, { body: { reservationId }, idempotencyKey: key, headers: { ...(await headers()), prefer } })),
      payment: async (id: string) => outcomeOf(client.answer(contract.readPayment, { params: { id }, headers: await headers() })),
      payments: async (query: { limit?: number; cursor?: string } = {}) =>
        outcomeOf(client.answer(contract.listMyPayments, { query, headers: await headers() })),
      entries: async (query: { limit?: number; cursor?: string } = {}) =>
        outcomeOf(client.answer(contract.listWalletEntries, { query, headers: await headers() })),
      balance: async () => (await client.call(contract.readWallet, { headers: await headers() })).balance,
    };
  };

  return {
    member,
    counterparts,
    db: database.db,
    log,
    /** How many waits of all replicas ended in this way. */
    endsNoticed: async (how: 'process' | 'notice' | 'read'): Promise<number> => {
      const read = await Promise.all(metrics.map(async ({ registry }) => registry.getSingleMetric('onsale_ends_noticed_total')?.get()));
      return read
        .flatMap((metric) => metric?.values ?? [])
        .filter(({ labels }) => labels['how'] === how)
        .reduce((sum, { value }) => sum + value, 0);
    },
    /** Points that no charge could bring, with the ledger transaction that explains them. */
    enriches: (memberId: string, amount: number) =>
      inTransaction(database.db, (trx) => post(trx, { kind: 'CHARGE', reference: newId(), memberId, amount })),
  };
};

/**
 * The payment service on real engines of its own, with the other services of the purchase played by a test; replicas share all of them.
 * `stop` ends whatever was started, in reverse; so does a start that fails.
 */
export const startPaymentService = async (options: Options = {}) => {
  const ending = new AsyncDisposableStack();
  try {
    return { ...(await start(options, ending)), stop: () => ending.disposeAsync() };
  } catch (error) {
    await ending.disposeAsync();
    throw error;
  }
};

export type PaymentService = Awaited<ReturnType<typeof startPaymentService>>;
export type TestMember = ReturnType<PaymentService['member']>;
