import { createPrincipalSigner, publicKeys, type JSONWebKeySet } from '@onsale/shared/auth';
import { inTransaction } from '@onsale/shared/db';
import { newId, systemClock } from '@onsale/shared/ids';
import { createMetrics } from '@onsale/shared/metrics';
import { captureLog, newKey, testDatabase, testKafka, testRedis, type TestKafka } from '@onsale/shared/testing';
import { compose } from '../compose.ts';
import type { Settings } from '../config.ts';
import { postTransfer } from '../ledger/post-transfer.ts';
import { startCounterparts } from './counterparts.ts';
import { testMember } from './test-member.ts';
import { testOperator } from './test-operator.ts';

interface Options {
  readonly replicas?: number;
  /** Shortens what a test would otherwise wait for. */
  readonly settings?: Partial<Settings>;
}

const settingsOf = (engines: { mysqlUrl: string; redisUrl: string; kafka: TestKafka }, principalKeys: JSONWebKeySet): Settings => ({
  mode: 'development',
  crash: undefined,
  auditDays: 400,
  logLevel: 'info',
  namespace: engines.kafka.namespace,
  listen: { host: '127.0.0.1', port: 0, opsPort: 0, drainMs: 5000 },
  principalKeys,
  // hundreds of callers at once may have to wait longer for a connection than a request would
  mysql: { url: engines.mysqlUrl, poolSize: 10, acquireTimeoutMs: 20_000, statementTimeoutMs: 3000, lockWaitSeconds: 3 },
  redisUrl: engines.redisUrl,
  kafka: { brokers: engines.kafka.brokers, partitions: 3, replication: 1, sessionMs: 10_000 },
  chargeMinimum: 1000,
  endsPolling: true,
  sagas: { sweepMs: 1000, retryAfterMs: 15_000, flagAfter: 10 },
});

const start = async ({ replicas = 1, settings = {} }: Options, ending: AsyncDisposableStack) => {
  const database = await testDatabase({ migrations: new URL('../../migrations/', import.meta.url) });
  ending.defer(() => database.drop());
  const redis = await testRedis();
  ending.defer(() => redis.stop());
  const kafka = testKafka();
  const key = newKey('gateway');
  const principals = createPrincipalSigner({ key });
  const post = postTransfer({ newId, clock: systemClock });
  const counterparts = await startCounterparts(kafka, ending);

  const metrics = Array.from({ length: replicas }, () => createMetrics({ service: 'payment', defaults: false }));
  const urls: string[] = [];
  for (const own of metrics) {
    const engines = { mysqlUrl: database.url, redisUrl: redis.url, kafka };
    const service = compose({ ...settingsOf(engines, publicKeys({ keys: [key] })), ...settings }, { log: captureLog().log, metrics: own });
    ending.defer(() => service.stop());
    urls.push((await service.start()).url);
  }

  return {
    db: database.db,
    counterparts,
    member: ({ id = newId(), replica = 0 }: { id?: string; replica?: number } = {}) =>
      testMember({ id, baseUrl: urls[replica] ?? '', principals }),
    operator: testOperator({ baseUrl: urls[0] ?? '', principals }),
    /** How many waits of all replicas ended in this way. */
    endsNoticed: async (how: 'process' | 'notice' | 'read'): Promise<number> => {
      const read = await Promise.all(metrics.map(async ({ registry }) => registry.getSingleMetric('onsale_ends_noticed_total')?.get()));
      return read
        .flatMap((metric) => metric?.values ?? [])
        .filter(({ labels }) => labels['how'] === how)
        .reduce((sum, { value }) => sum + value, 0);
    },
    /** How many sagas need an operator, as the metrics tell. */
    sagasFlagged: async (): Promise<number> =>
      (await metrics[0]?.registry.getSingleMetric('onsale_sagas_flagged')?.get())?.values[0]?.value ?? 0,
    /** Points that no charge could bring, with the ledger transaction that explains them. */
    enriches: (memberId: string, amount: number) =>
      inTransaction(database.db, (trx) => post(trx, { kind: 'CHARGE', reference: newId(), memberId, amount })),
  };
};

/**
 * The payment service on real engines of its own, with the other services of the purchase played by the test; replicas share all of them.
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
